"""A model before the gate: what its rules ask of it, read from its evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from rules.evaluation_report import Report
from rules.gate_rules import GateRules
from rules.measured import Measured, Range


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

    @cached_property
    def called(self) -> str:
        """The metric as people call it."""
        if self.metric == "accuracy":
            return f"top-{self._count('k') or 'k'} accuracy"
        return {"rmse": "RMSE", "mae": "MAE", "mse": "MSE", "mrr": "MRR"}.get(self.metric, self.metric)

    def own_value(self) -> float:
        return self._own("value")

    def own_end(self) -> float:
        """The unfavourable end of the metric's interval."""
        return self._own(self.unfavourable)

    def baseline_value(self, baseline: str) -> float:
        return self.report.number("baselines", baseline, self.metric, "value", allowed=self.range_of(self.metric))

    def difference_end(self, other: str) -> float:
        """The unfavourable end of the interval of the model's metric minus the ``other``'s."""
        at = ("differences", other, self.metric, self.unfavourable)
        return self.report.number(*at, allowed=self.measured.differences)

    def range_of(self, metric: str) -> Range:
        return self.measured.ranges[metric]

    @property
    def unfavourable(self) -> str:
        return "lower" if self.measured.higher_is_better else "upper"

    def is_worse(self, value: float, other: float) -> bool:
        return value < other if self.measured.higher_is_better else value > other

    def worse(self, value: float, other: float) -> float:
        """The worse of the two."""
        return value if self.is_worse(value, other) else other

    def least(self, other: float, tolerance: float) -> float:
        """The worst value that is not worse than ``other`` by more than ``tolerance``, a share of it."""
        return other * (1 - tolerance if self.measured.higher_is_better else 1 + tolerance)

    def of(self, baseline: str) -> str:
        return {"popularity": "popularity's", "bias": "the bias baseline's"}.get(baseline, f"{baseline}'s")

    def why_trivial(self) -> str:
        """What to do about a threshold that is reached without a model."""
        name = self.measured.threshold_parameter
        if not self.measured.higher_is_better:
            return f"lower {name}, or set TrivialRule to off"
        k, items = self._count("k"), self._count("items")
        if self.metric == "accuracy" and k and items and 2 * k >= items:
            return f"the lists of {k} hold {_part(k, items)} items; lower ReturnRecommendationsNumber, or raise {name}"
        return f"raise {name}, or set TrivialRule to off"

    def _own(self, field: str) -> float:
        at = (self.measured.sections[self.metric], self.metric, field)
        return self.report.number(*at, allowed=self.range_of(self.metric))

    def _count(self, name: str) -> int | None:
        """A count that is only told: no rule is decided by it."""
        found = self.report.document.get(name) if isinstance(self.report.document, dict) else None
        return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def _part(k: int, items: int) -> str:
    return f"all {items}" if k >= items else f"most of the {items}"
