"""What CloudWatch is told of a run: numbers by name, under dimensions of few values, for a dashboard to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.measured import MEASURED
from rules.telling import REGISTERED, Run


@dataclass(frozen=True)
class Measurement:
    """Values by metric name, all of one unit; ``dimensions`` are those beside the stack's."""

    unit: str  # as CloudWatch names it
    values: Mapping[str, float]
    dimensions: Mapping[str, str] = field(default_factory=dict)


def measurements_of(run: Run) -> list[Measurement]:
    """Steps' seconds, billed seconds, USD, and each model's metric beside the champion's and the baseline's."""
    cost = run.cost
    told = [Measurement("Seconds", {"BilledSeconds": cost.seconds})]
    if cost.usd is not None and cost.is_known:
        told.append(Measurement("None", {"CostUsd": cost.usd}))
    told += [
        Measurement("Seconds", {"StepSeconds": seconds}, {"Step": step})
        for step, seconds in run.history.step_seconds.items()
    ]
    return told + [one for result in run.results() if (one := _of_model(result)) is not None]


def _of_model(result: Mapping[str, Any]) -> Measurement | None:
    model, status, found = str(result.get("Model")), str(result.get("Status")), result.get("Metrics") or {}
    if (measured := MEASURED.get(model.lower())) is None or measured.main not in found:
        return None
    main = measured.main
    named = {
        main.capitalize(): main,
        f"Champion{main.capitalize()}": f"champion_{main}",
        f"Baseline{main.capitalize()}": f"{measured.to_beat}_{main}",
    }
    values = {name: found[key] for name, key in named.items() if key in found}
    if status == REGISTERED:
        values["ModelVersion"] = result["ModelPackageVersion"]
    return Measurement("None", values, {"Model": model, "Status": status})
