"""SliceRules: by how much a part of the test set may be worse than the champion's, by slice and metric."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from rules.measured import MEASURED
from rules.validation import near
from rules.wording import shown

KNOWN = {
    f"{name}.{metric}": measured.name
    for measured in MEASURED.values()
    for name, metrics in measured.slice_metrics.items()
    for metric in metrics
}


def model_of(rule: str) -> str:
    """The model ("retrieval" or "ranking") that has the metric of the slice rule ``rule``."""
    return KNOWN[rule]


def _slices_there_are(rules: dict[str, float]) -> dict[str, float]:
    for rule, share in rules.items():
        if rule not in KNOWN:
            raise ValueError(_unknown(rule))
        if not 0 <= share <= 1:
            raise ValueError(
                f"{rule} received {shown(share)}; allowed is a number from 0 to 1, a share of the champion's"
            )
    return rules


def _unknown(rule: str) -> str:
    found = near(rule, list(KNOWN))
    name = rule.partition(".")[0]
    slices = sorted({one.partition(".")[0] for one in KNOWN})
    if name in slices:
        metrics = ", ".join(one.partition(".")[2] for one in KNOWN if one.startswith(f"{name}."))
        known = f"{name} has {metrics}"
    else:
        known = f"a key is <slice>.<metric>, and slices are {', '.join(slices)}"
    return f"unknown slice or metric {shown(rule)}" + (f"; did you mean {found}?" if found else ";") + f" {known}"


SliceRules = Annotated[dict[str, float], AfterValidator(_slices_there_are)]
