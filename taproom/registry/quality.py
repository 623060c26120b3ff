"""A version's metrics, with their intervals and what its baselines reach, from evaluation.json or its metadata."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taproom.registry.documents import at

BASELINES = {"retrieval": ("popularity", "random"), "ranking": ("bias", "global_mean")}  # the one to beat first
MAIN_METRIC = {"retrieval": "accuracy", "ranking": "rmse"}
LOWER_IS_BETTER = ("rmse", "mae", "mse")
CHAMPION = "champion"
IN_METADATA = "Metric."


@dataclass(frozen=True)
class Measured:
    """A metric's value, and its 95 % interval where it is known."""

    value: float
    lower: float | None = None
    upper: float | None = None

    def document(self) -> dict[str, float | None]:
        return {"value": self.value, "lower": self.lower, "upper": self.upper}


Metrics = dict[str, Measured]


@dataclass(frozen=True)
class Quality:
    """The model's own metrics, and those of each other (a baseline, the champion of its time) on the same test set."""

    metrics: Metrics = field(default_factory=dict)
    others: dict[str, Metrics] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        others = {name: {key: one.document() for key, one in theirs.items()} for name, theirs in self.others.items()}
        return {"metrics": {key: one.document() for key, one in self.metrics.items()}, "compared_with": others}


def quality_of(model: str, evaluation: Mapping[str, Any], metadata: Mapping[str, str]) -> Quality:
    """From evaluation.json; what it does not have, from the version's customer metadata, which has no intervals."""
    told = told_by_metadata(model, metadata)
    own = _own(evaluation)
    baselines = {name: _measured(at(evaluation, "baselines", name)) for name in BASELINES[model]}
    others = baselines | {CHAMPION: _measured(at(evaluation, "champion", "metrics"))}
    merged = {name: told.others.get(name, {}) | found for name, found in others.items()}
    return Quality(_in_order(told.metrics | own, own), {name: found for name, found in merged.items() if found})


def told_by_metadata(model: str, metadata: Mapping[str, str]) -> Quality:
    """From keys as ``Metric.rmse`` and, for others, ``Metric.bias_rmse``."""
    metrics: Metrics = {}
    others: dict[str, Metrics] = {}
    for key, text in metadata.items():
        value = _number(text) if key.startswith(IN_METADATA) else None
        if value is None:
            continue
        name = key.removeprefix(IN_METADATA)
        whose = next((one for one in (*BASELINES[model], CHAMPION) if name.startswith(f"{one}_")), None)
        if whose:
            others.setdefault(whose, {})[name.removeprefix(f"{whose}_")] = Measured(value)
        else:
            metrics[name] = Measured(value)
    return Quality(metrics, others)


def _own(evaluation: Mapping[str, Any]) -> Metrics:
    accuracy = {"accuracy": at(evaluation, "multiclass_classification_metrics", "accuracy")}
    return (
        _measured(accuracy)
        | _measured(evaluation.get("retrieval_metrics"))
        | _measured(evaluation.get("regression_metrics"))
    )


def _measured(group: Any) -> Metrics:
    """Of {"rmse": {"value": 0.8, "lower": 0.7, "upper": 0.9}, ...} those whose value is a finite number."""
    if not isinstance(group, dict):
        return {}
    found = {}
    for name, one in group.items():
        value = _number(at(one, "value"))
        if value is not None:
            found[name] = Measured(value, _number(at(one, "lower")), _number(at(one, "upper")))
    return found


def _in_order(metrics: Metrics, first: Metrics) -> Metrics:
    return {name: metrics[name] for name in [*first, *(name for name in metrics if name not in first)]}


def _number(told: Any) -> float | None:
    """A finite number, or a text that is one."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        value = float(told)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
