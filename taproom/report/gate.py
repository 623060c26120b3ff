"""The gate's rules of a model: what each was asked, what it said, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taproom.registry.documents import objects
from taproom.report.documents import finite, object_of, read_object


@dataclass(frozen=True)
class Rule:
    name: str
    verdict: str
    value: float | None
    limit: float | None
    reason: str


@dataclass(frozen=True)
class Gate:
    """``parameters``: how the rules were set, by the names that gate.json gives them."""

    rules: list[Rule] = field(default_factory=list)
    reason: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def gate_of(folder: Path, result: Mapping[str, Any]) -> Gate:
    """From the collected gate.json; where that is not there, from the model's result in the execution's history."""
    model = str(result.get("Model", "")).lower()
    document = read_object(folder / "gate" / model / "gate.json") if model.isalnum() else {}
    rules = [_rule(one) for one in objects(document.get("rules"))]
    if not rules:
        rules = [_rule({key.lower(): value for key, value in one.items()}) for one in objects(result.get("Gate"))]
    return Gate(rules, str(document.get("reason") or ""), object_of(document.get("parameters")))


def _rule(told: Mapping[str, Any]) -> Rule:
    name, verdict, reason = (str(told.get(key) or "") for key in ("rule", "verdict", "reason"))
    return Rule(name, verdict, finite(told.get("value")), finite(told.get("limit")), reason)
