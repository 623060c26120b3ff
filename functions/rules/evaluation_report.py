"""evaluation.json of a retrieval model, read: the fields that are read must be numbers from 0 to 1.

{"multiclass_classification_metrics": {"accuracy": {"value": 0.7, "standard_deviation": "NaN"},
                                       "accuracy_best_constant_classifier": {"value": 0.6, ...}},
 "retrieval_metrics": {"recall_at_10": {"value": 0.5, "lower": 0.4, "upper": 0.6}, ...},
 "baselines": {"popularity": {the same names}}}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rules.wording import shown

SIZE_LIMIT = 2**20  # bytes
ACCURACY = ("multiclass_classification_metrics", "accuracy")
BASELINE = ("multiclass_classification_metrics", "accuracy_best_constant_classifier")
RETRIEVAL_METRICS = (
    *("recall_at_10", "recall_at_50", "recall_at_100", "recall_at_500"),
    *("ndcg_at_10", "mrr", "catalogue_coverage"),
)


class EvaluationMissing(ValueError):
    """The evaluation job left no evaluation.json."""


class EvaluationUnreadable(ValueError):
    """evaluation.json is no JSON document."""


class EvaluationInvalid(ValueError):
    """A field of evaluation.json that is read is missing or no number from 0 to 1."""


@dataclass(frozen=True)
class Evaluation:
    """Top-500 accuracy, that of the popularity baseline (None if not measured), and all metrics by flat name."""

    accuracy: float
    baseline: float | None
    metrics: dict[str, float]


def read_evaluation(body: bytes, uri: str) -> Evaluation:
    """Read the bytes of evaluation.json; ``uri`` is for messages. Raises EvaluationUnreadable or EvaluationInvalid."""
    if len(body) > SIZE_LIMIT:
        raise EvaluationUnreadable(f"{uri} is larger than {SIZE_LIMIT} bytes: evaluation.json holds a few metrics")
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise EvaluationUnreadable(f"{uri} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise EvaluationUnreadable(f"{uri} is not JSON: {str(error)[:300]}") from error
    accuracy = _share(document, ACCURACY, uri)
    baseline = _share(document, BASELINE, uri, optional=True)
    metrics = {"accuracy": accuracy, "popularity_accuracy": baseline}
    for name in RETRIEVAL_METRICS:
        metrics[name] = _share(document, ("retrieval_metrics", name), uri, optional=True)
    for name in RETRIEVAL_METRICS:
        metrics[f"popularity_{name}"] = _share(document, ("baselines", "popularity", name), uri, optional=True)
    return Evaluation(accuracy, baseline, {name: value for name, value in metrics.items() if value is not None})


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"it holds a bare {name}, which is not JSON")


def _share(document: Any, path: tuple[str, ...], uri: str, *, optional: bool = False) -> Any:
    """The ``value`` at ``path``, a number from 0 to 1; None when it is ``optional`` and not there at all."""
    at, place = document, "$"
    for name in (*path, "value"):
        if not isinstance(at, dict):
            raise EvaluationInvalid(f"{uri}: {place} must be an object, but is {shown(at)}")
        place = f"{place}.{name}"
        if name not in at:
            if optional and name != "value":
                return None
            raise EvaluationInvalid(f"{uri}: {place} is missing; it must be a number from 0 to 1")
        at = at[name]
    # bool is an int to Python, but not a metric; neither NaN nor infinity lies from 0 to 1
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= 1:
        raise EvaluationInvalid(f"{uri}: {place} must be a number from 0 to 1, but is {shown(at)}")
    return float(at)
