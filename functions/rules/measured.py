"""What evaluation.json tells of each model: its metrics, their ranges, and what they are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

ModelName = Annotated[Literal["retrieval", "ranking"], Field(description='"retrieval" or "ranking"')]

LARGEST = 1e100  # of an error; more is no error of a score, and what is computed of less stays finite
ITEM_SLICES = ("items_head", "items_mid", "items_tail")
USER_SLICES = ("users_few_reviews", "users_many_reviews")


@dataclass(frozen=True)
class Range:
    """The numbers from ``lowest`` to ``highest``, both included. Neither NaN nor an infinity lies in one."""

    lowest: float
    highest: float

    def __contains__(self, value: float) -> bool:
        return self.lowest <= value <= self.highest

    def __str__(self) -> str:
        return f"a number from {self.lowest:g} to {self.highest:g}"


SHARE = Range(0, 1)
ERROR = Range(0, LARGEST)
R2 = Range(-LARGEST, 1)


@dataclass(frozen=True)
class Measured:
    """One model's evaluation.

    ``sections`` names the key of evaluation.json under which each metric stands; baselines, champion and slices have
    the same metrics by name. A metric's difference from another's lies in ``differences``.
    """

    name: str
    sections: Mapping[str, str]
    ranges: Mapping[str, Range]
    differences: Range
    higher_is_better: bool
    baselines: tuple[str, ...]  # of which ParseEvaluation tells
    to_beat: str  # the baseline that a model is held against
    untrained: str  # the baseline that knows nothing of users or items
    gate_metrics: tuple[str, ...]  # by which a model may be judged
    slice_metrics: Mapping[str, tuple[str, ...]]  # by slice
    threshold_parameter: str

    @property
    def main(self) -> str:
        """The metric without which there is no evaluation."""
        return self.gate_metrics[0]

    def path(self, metric: str) -> str:
        """As RetrievalMetric and RankingMetric name it: ``multiclass_classification_metrics.accuracy``."""
        return f"{self.sections[metric]}.{metric}"

    @property
    def gate_paths(self) -> tuple[str, ...]:
        return tuple(self.path(metric) for metric in self.gate_metrics)


_RETRIEVAL = ("recall_at_10", "recall_at_50", "recall_at_100", "recall_at_500", "ndcg_at_10", "mrr")
_RETRIEVAL_SECTIONS = {
    "accuracy": "multiclass_classification_metrics",
    **dict.fromkeys((*_RETRIEVAL, "catalogue_coverage"), "retrieval_metrics"),
}
_ERRORS = ("rmse", "mae", "mse")

RETRIEVAL = Measured(
    name="retrieval",
    sections=MappingProxyType(_RETRIEVAL_SECTIONS),
    ranges=MappingProxyType(dict.fromkeys(_RETRIEVAL_SECTIONS, SHARE)),
    differences=Range(-1, 1),
    higher_is_better=True,
    baselines=("popularity",),
    to_beat="popularity",
    untrained="random",
    gate_metrics=tuple(_RETRIEVAL_SECTIONS),
    slice_metrics=MappingProxyType(
        dict.fromkeys(ITEM_SLICES, ("accuracy", "recall_at_10", "recall_at_100", "recall_at_500"))
        | dict.fromkeys(USER_SLICES, ("accuracy", *_RETRIEVAL))
    ),
    threshold_parameter="AccuracyTop500Threshold",
)
RANKING = Measured(
    name="ranking",
    sections=MappingProxyType(dict.fromkeys((*_ERRORS, "r2"), "regression_metrics")),
    ranges=MappingProxyType(dict.fromkeys(_ERRORS, ERROR) | {"r2": R2}),
    differences=Range(-LARGEST, LARGEST),
    higher_is_better=False,
    baselines=("bias", "global_mean"),
    to_beat="bias",
    untrained="global_mean",
    gate_metrics=_ERRORS,
    slice_metrics=MappingProxyType(dict.fromkeys((*ITEM_SLICES, *USER_SLICES), _ERRORS)),
    threshold_parameter="RankingRmseThreshold",
)
MEASURED: Mapping[str, Measured] = MappingProxyType({one.name: one for one in (RETRIEVAL, RANKING)})
