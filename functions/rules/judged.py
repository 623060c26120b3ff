"""A model before the gate: what its rules ask of it, read from its evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from rules.evaluation_report import Report
from rules.gate_rules import GateRules
from rules.measured import Measured

INITIALS = {"rmse": "RMSE", "mae": "MAE", "mse": "MSE", "mrr": "MRR"}


@dataclass(frozen=True)
class Judged:
    """The ``report`` of a model of which ``measured`` tells, judged by ``rules``. Reading raises EvaluationInvalid."""

    measured: Measured
    report: Report
    rules: GateRules

    @cached_property
    def metric(self) -> str:
        """The flat name of the metric by which the model is judged."""
        return self.rules.metric_of(self.measured)

    @property
    def called(self) -> str:
        """The metric as people call it."""
        if self.metric == "accuracy":
            return f"top-{self.count('k') or 'k'} accuracy"
        return INITIALS.get(self.metric, self.metric)

    @property
    def value(self) -> float:
        return self._own("value")

    @property
    def end(self) -> float:
        """The unfavourable end of the value's interval."""
        return self._own(self._unfavourable)

    def value_of(self, *other: str) -> float:
        """The same metric's value of a baseline or of the champion, whose metrics stand at the path ``other``."""
        return self.report.number(*other, self.metric, "value", allowed=self.measured.ranges[self.metric])

    def difference_end(self, other: str) -> float:
        """The unfavourable end of the interval of the model's metric minus the ``other``'s."""
        at = ("differences", other, self.metric, self._unfavourable)
        return self.report.number(*at, allowed=self.measured.differences)

    def count(self, name: str) -> int | None:
        """A count for a sentence, if there is one; no rule is decided by it."""
        found = self.report.document.get(name) if isinstance(self.report.document, dict) else None
        return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None

    def is_worse(self, value: float, other: float) -> bool:
        return value < other if self.measured.higher_is_better else value > other

    def allowance(self, tolerance: float, other: float) -> float:
        """The difference to ``other`` in the unfavourable direction that is ``tolerance`` of it, a share."""
        share = _decimal(tolerance) * _decimal(other)
        return float(-share if self.measured.higher_is_better else share)

    def worst_within(self, tolerance: float, other: float) -> float:
        """The worst value that is not worse than ``other`` by more than ``tolerance`` of it."""
        return float(_decimal(other) + _decimal(self.allowance(tolerance, other)))

    @property
    def _unfavourable(self) -> str:
        return "lower" if self.measured.higher_is_better else "upper"

    def _own(self, field: str) -> float:
        at = (self.measured.sections[self.metric], self.metric, field)
        return self.report.number(*at, allowed=self.measured.ranges[self.metric])


def _decimal(number: float) -> Decimal:
    """As people read it: a tenth of 0.8 below 0.8 is 0.72, not the 0.7200000000000001 of binary fractions."""
    return Decimal(repr(number))
