"""A policy document, read once: its statements, and which of them apply to a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taproom.local.authorization import conditions
from taproom.local.authorization.arns import arn_matches, matches
from taproom.local.authorization.conditions import Context, Unsupported

KNOWN = {
    *("Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
}


@dataclass(frozen=True)
class Request:
    """What is asked for: one action on one resource ("*" where the action knows none)."""

    action: str
    resource: str = "*"
    context: tuple[tuple[str, str], ...] = ()  # condition keys in small letters, and their values


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement. ``policy`` and ``number`` (from 0) say where it stands."""

    policy: str
    number: int
    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    services: tuple[str, ...]  # of its Principal: service names, "*" for anybody
    condition: Mapping[str, Any]

    def concerns(self, action: str) -> str:
        """The action of the statement, as it is written there, that ``action`` is; empty where there is none."""
        if self.not_actions:
            return "" if any(matches(one, action, True) for one in self.not_actions) else "*"
        return next((one for one in self.actions if matches(one, action, True)), "")

    def applies(self, request: Request, context: Context) -> bool:
        """Whether resource and condition are those of the request, too."""
        if self.not_resources:
            reached = not any(arn_matches(one, request.resource) for one in self.not_resources)
        else:  # a trust policy names no resource: it is its role's
            reached = not self.resources or any(arn_matches(one, request.resource) for one in self.resources)
        return reached and conditions.holds(self.condition, context)


def read(policy: str, document: Any) -> list[Statement]:
    """The statements of a document (JSON text or data). Raises Unsupported for what is not evaluated here."""
    content = json.loads(document) if isinstance(document, str | bytes) else document
    found = content.get("Statement", [])
    return [_read(policy, number, one) for number, one in enumerate(found if isinstance(found, list) else [found])]


def _read(policy: str, number: int, one: Mapping[str, Any]) -> Statement:
    if unknown := sorted(set(one) - KNOWN):
        raise Unsupported(f"{', '.join(unknown)} in statement {number} of the policy {policy} is not evaluated here")
    if one["Effect"] not in ("Allow", "Deny"):
        raise Unsupported(f"the Effect {one['Effect']!r} in statement {number} of the policy {policy}")
    condition = one.get("Condition") or {}
    conditions.check(condition)
    resources, not_resources = _list(one, "Resource"), _list(one, "NotResource")
    if any("${" in each for each in (*resources, *not_resources)):
        raise Unsupported(f"the policy variable in statement {number} of the policy {policy} is not evaluated here")
    principal = one.get("Principal", {})
    return Statement(
        policy=policy,
        number=number,
        allows=one["Effect"] == "Allow",
        actions=_list(one, "Action"),
        not_actions=_list(one, "NotAction"),
        resources=resources,
        not_resources=not_resources,
        services=("*",) if principal == "*" else _list(principal, "Service"),
        condition=condition,
    )


def _list(owner: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = owner.get(name, [])
    return (given,) if isinstance(given, str) else tuple(given)
