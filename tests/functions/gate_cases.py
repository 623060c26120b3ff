"""Evaluations and rules for the gate's tests: everything is there, and every number is worked out by hand."""

from __future__ import annotations

from rules.gate_rules import GateRules
from rules.validation import validated


def around(value, margin=0.0625):
    """A metric with its interval."""
    return {"value": value, "lower": value - margin, "upper": value + margin}


def retrieval(value=0.75, *, popularity=0.5, random=0.125, champion=0.75, tail=0.25, champions_tail=0.25):
    """An evaluation of a retrieval model by its accuracy, with the champion's version 3 scored."""
    return {
        "k": 500,
        "items": 4000,
        "multiclass_classification_metrics": {"accuracy": around(value) | {"standard_deviation": "NaN"}},
        "baselines": {"popularity": {"accuracy": around(popularity)}, "random": {"accuracy": around(random)}},
        "differences": {
            "popularity": {"accuracy": around(value - popularity)},
            "champion": {"accuracy": around(value - champion)},
        },
        "slices": {"items_tail": {"held_out": 9, "recall_at_100": around(tail)}},
        "champion": {
            "status": "scored",
            "version": 3,
            "metrics": {"accuracy": around(champion)},
            "slices": {"items_tail": {"held_out": 9, "recall_at_100": around(champions_tail)}},
        },
    }


def ranking(value=0.75, *, bias=1.0, mean=1.5, champion=0.75, tail=0.75, champions_tail=0.75):
    """An evaluation of a ranking model by its RMSE, with the champion's version 3 scored."""
    return {
        "regression_metrics": {"rmse": around(value) | {"standard_deviation": "NaN"}},
        "baselines": {"bias": {"rmse": around(bias)}, "global_mean": {"rmse": around(mean)}},
        "differences": {"bias": {"rmse": around(value - bias)}, "champion": {"rmse": around(value - champion)}},
        "slices": {"items_tail": {"held_out": 9, "rmse": around(tail)}},
        "champion": {
            "status": "scored",
            "version": 3,
            "metrics": {"rmse": around(champion)},
            "slices": {"items_tail": {"held_out": 9, "rmse": around(champions_tail)}},
        },
    }


def rules(model="retrieval", **changes):
    """The default rules as Prepare hands them over, with ``changes``."""
    own = {
        "retrieval": {"Metric": "multiclass_classification_metrics.accuracy", "Threshold": 0.5},
        "ranking": {"Metric": "regression_metrics.rmse", "Threshold": None},
    }
    defaults = {
        "ThresholdRule": "value",
        "BaselineRule": "value",
        "ChampionRule": "value",
        "ChampionTolerance": 0.01,
        "ChampionNotComparable": "pass",
        "TrivialRule": "on",
        "SliceRules": {},
    }
    return validated(GateRules, own[model] | defaults | changes)
