"""The rules that a model must keep, as the gate is given them: the execution's parameters, for one model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rules.measured import Measured
from rules.validation import InvalidPayload, StrictDocument
from rules.wording import shown


class GateRules(StrictDocument):
    """For "interval" the unfavourable end of the 95 % interval must keep the rule too, not only the value."""

    metric: str = Field(description="a metric's path in evaluation.json")
    threshold: float | None = Field(description="a number, or null")
    threshold_rule: Literal["value", "interval"] = Field(description='"value" or "interval"')
    baseline_rule: Literal["value", "interval", "off"] = Field(description='"value", "interval" or "off"')
    champion_rule: Literal["value", "interval", "off"] = Field(description='"value", "interval" or "off"')
    champion_tolerance: float = Field(ge=0, le=1, description="a number from 0 to 1")
    champion_not_comparable: Literal["pass", "reject"] = Field(description='"pass" or "reject"')
    trivial_rule: Literal["on", "off"] = Field(description='"on" or "off"')
    slice_rules: dict[str, float] = Field(description="an object of numbers from 0 to 1 by slice and metric")

    def metric_of(self, measured: Measured) -> str:
        """The metric's flat name. Raises InvalidPayload if ``measured`` has none of that path."""
        for metric in measured.gate_metrics:
            if measured.path(metric) == self.metric:
                return metric
        known = ", ".join(measured.gate_paths)
        raise InvalidPayload(f"Rules.Metric: received {shown(self.metric)}; allowed is one of {known}")

    def slices_of(self, measured: Measured) -> dict[tuple[str, str], float]:
        """How much worse each (slice, metric) may be. Raises InvalidPayload if ``measured`` has no such slice."""
        found = {}
        for key, tolerance in self.slice_rules.items():
            name, _, metric = key.partition(".")
            if metric not in measured.slice_metrics.get(name, ()) or not 0 <= tolerance <= 1:
                raise InvalidPayload(f"Rules.SliceRules: received {shown({key: tolerance})}, which no slice has")
            found[name, metric] = tolerance
        return found
