"""What the gate is told of the execution's parameters, for one model."""

from __future__ import annotations

from typing import Any

from rules.execution_input import ExecutionInput
from rules.gate_rules import GateRules
from rules.slice_rules import model_of


def gate_document(parameters: ExecutionInput, model: str) -> dict[str, Any]:
    """The gate's ``Rules`` for ``model`` ("Retrieval" or "Ranking")."""
    own = {
        "Retrieval": (parameters.retrieval_metric, parameters.accuracy_top500_threshold),
        "Ranking": (parameters.ranking_metric, parameters.ranking_rmse_threshold),
    }
    metric, threshold = own[model]
    slices = {rule: share for rule, share in parameters.slice_rules.items() if model_of(rule) == model.lower()}
    return GateRules(
        Metric=metric,
        Threshold=threshold,
        ThresholdRule=parameters.threshold_rule,
        BaselineRule=parameters.baseline_rule,
        ChampionRule=parameters.champion_rule,
        ChampionTolerance=parameters.champion_tolerance,
        ChampionNotComparable=parameters.champion_not_comparable,
        TrivialRule=parameters.trivial_rule,
        SliceRules=slices,
    ).model_dump(by_alias=True)
