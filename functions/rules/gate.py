"""The gate: whether a model may be registered, decided from its evaluation and the execution's rules alone.

    threshold   the metric reaches the number that the execution asks for
    baseline    it is not below popularity's (ranking: it beats the bias baseline's)
    champion    it is not worse than the champion's by more than a tolerance (gate_champion.py)
    trivial     what knows nothing of users and items would not reach the threshold
    slices      parts of the test set, each like the champion's rule (gate_champion.py)

A rule that is off reads nothing. A number that a rule reads and that is missing or out of its range is an error, so
that nothing is passed because of what is not there. A better metric never turns a pass into a refusal.
"""

from __future__ import annotations

import math
from typing import Any

from rules.evaluation_report import Report
from rules.gate_champion import champion_rule, slice_rules
from rules.gate_rules import GateRules
from rules.judged import Judged
from rules.measured import MEASURED
from rules.numbers import told_against, told_apart
from rules.verdict import FAILED, OFF, PASSED, Decision, Verdict

BASELINES = {
    "popularity": "popularity's",
    "bias": "the bias baseline's",
    "random": "a random ranker",
    "global_mean": "the mean of all scores",
}


def decide(model: str, evaluation: Any, rules: GateRules, uri: str = "evaluation.json") -> Decision:
    """Hold the ``evaluation`` of ``model`` ("retrieval" or "ranking") against every rule.

    ``uri`` is for messages. Raises EvaluationInvalid, and InvalidPayload for a metric or slice that there is not.
    """
    judged = Judged(MEASURED[model], Report(evaluation, uri), rules)
    one_each = [rule(judged) for rule in (threshold_rule, baseline_rule, champion_rule, trivial_rule)]
    return Decision((*one_each, *slice_rules(judged)))


def threshold_rule(judged: Judged) -> Verdict:
    """The value reaches the threshold; for "interval" the unfavourable end of its interval does too."""
    parameter, threshold = judged.measured.threshold_parameter, judged.rules.threshold
    if threshold is None:
        return Verdict("threshold", OFF, f"{parameter} is not set")
    value, told = judged.value, judged.called
    if judged.rules.threshold_rule == "interval" and judged.is_worse(judged.end, value):
        value, told = judged.end, f"the end of the interval of {judged.called},"
    kept = not judged.is_worse(value, threshold)
    reaches, misses = ("reaches", "is below") if judged.measured.higher_is_better else ("keeps within", "is above")
    reason = f"{told} {told_against(value, threshold)} {reaches if kept else misses} {parameter} {threshold!r}"
    return Verdict("threshold", PASSED if kept else FAILED, reason, value, threshold)


def baseline_rule(judged: Judged) -> Verdict:
    """Retrieval is not below popularity, ranking beats the bias; for "interval" the difference's end agrees."""
    rule, baseline = judged.rules.baseline_rule, judged.measured.to_beat
    if rule == "off":
        return Verdict("baseline", OFF, "BaselineRule is off")
    value, other = judged.value, judged.value_of("baselines", baseline)
    kept = _holds_against(judged, value, other)
    own, others = told_apart(value, other)
    holds, misses = ("is not below", "is below") if judged.measured.higher_is_better else ("beats", "does not beat")
    reason = f"{judged.called} {own} {holds if kept else misses} {BASELINES[baseline]} {others}"
    if rule == "interval":
        end = judged.difference_end(baseline)
        agrees = _holds_against(judged, end, 0.0)
        reason += f"; the end of the difference's interval, {told_against(end, 0.0)}, {'holds' if agrees else 'fails'}"
        kept = kept and agrees
    return Verdict("baseline", PASSED if kept else FAILED, reason, value, other)


def trivial_rule(judged: Judged) -> Verdict:
    """What knows nothing of users and items does not reach the threshold: else reaching it says nothing."""
    parameter, threshold = judged.measured.threshold_parameter, judged.rules.threshold
    if judged.rules.trivial_rule == "off":
        return Verdict("trivial", OFF, "TrivialRule is off")
    if threshold is None:
        return Verdict("trivial", OFF, f"{parameter} is not set, so there is nothing to reach")
    who = judged.measured.untrained
    value = judged.value_of("baselines", who)
    kept = judged.is_worse(value, threshold)
    would = "would not reach" if kept else "would already reach"
    reason = f"{BASELINES[who]} {would} {parameter} {threshold!r} with {told_against(value, threshold)}"
    if not kept:
        reason += f": {_remedy(judged, threshold)}"
    return Verdict("trivial", PASSED if kept else FAILED, reason, value, threshold)


def _holds_against(judged: Judged, value: float, other: float) -> bool:
    """Retrieval may equal its baseline, ranking must beat it."""
    return value >= other if judged.measured.higher_is_better else value < other


def _remedy(judged: Judged, threshold: float) -> str:
    """What to do about a threshold that is reached without a model."""
    parameter, k, items = judged.measured.threshold_parameter, judged.count("k"), judged.count("items")
    if judged.metric == "accuracy" and k and items and 2 * k >= items:
        part = f"all {items}" if k >= items else f"most of the {items}"
        enough = math.ceil(threshold * items)  # any k items hold k / items of what is held out
        shorter = f"set ReturnRecommendationsNumber below {enough}, or " if enough > 1 else ""
        return f"the lists of {k} hold {part} items; {shorter}raise {parameter}"
    change = "raise" if judged.measured.higher_is_better else "lower"
    return f"{change} {parameter}, or set TrivialRule to off"
