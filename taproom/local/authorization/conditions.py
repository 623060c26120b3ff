"""Conditions of policy statements. What is not known here is an error and never passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taproom.local.authorization.arns import arn_matches, matches

Context = Mapping[str, str]  # by condition key in small letters


class Unsupported(ValueError):
    """A part of a policy that the local AWS cannot evaluate."""


def _same_bool(wanted: str, given: str) -> bool:
    return wanted.lower() == given.lower()


POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": matches,
    "ArnEquals": arn_matches,  # on AWS too, ArnEquals and ArnLike are the same
    "ArnLike": arn_matches,
    "Bool": _same_bool,
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
IF_EXISTS = "IfExists"


def check(condition: Mapping[str, Any]) -> None:
    """Raise Unsupported for an operator or a value that ``holds`` could not evaluate."""
    for operator, tests in condition.items():
        name = operator.removesuffix(IF_EXISTS)
        if name not in POSITIVE and name not in NEGATED and operator != "Null":
            raise Unsupported(f"the condition operator {operator} is not evaluated here")
        for key, wanted in tests.items():
            if any("${" in one for one in texts(wanted)):
                raise Unsupported(f"the policy variable in the condition on {key} is not evaluated here")


def holds(condition: Mapping[str, Any], context: Context) -> bool:
    """Whether every test of a statement's Condition holds; of a test's values one is enough."""
    return all(
        _test(operator, texts(wanted), context.get(key.lower()))
        for operator, tests in condition.items()
        for key, wanted in tests.items()
    )


def _test(operator: str, wanted: list[str], given: str | None) -> bool:
    if operator == "Null":
        return any(_same_bool(one, str(given is None)) for one in wanted)
    name = operator.removesuffix(IF_EXISTS)
    if given is None:  # a test for something else holds for what is not there at all
        return name in NEGATED or operator != name
    if name in NEGATED:
        return not any(POSITIVE[NEGATED[name]](one, given) for one in wanted)
    return any(POSITIVE[name](one, given) for one in wanted)


def texts(given: Any) -> list[str]:
    """A condition's value or values as texts: JSON's true is "true"."""
    values = given if isinstance(given, list) else [given]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
