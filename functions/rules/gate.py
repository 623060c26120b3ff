"""The gate: whether a model may be registered, decided from its evaluation and the execution's rules alone.

    threshold   the metric reaches the number that the execution asks for
    baseline    it is no worse than popularity's (ranking: better than the bias baseline's)
    champion    it is not worse than the champion's by more than a tolerance (gate_champion.py)
    trivial     what knows nothing of users and items would not reach the threshold
    slices      parts of the test set, each like the champion's rule (gate_champion.py)

A rule that is off reads nothing. A number that a rule reads and that is missing or out of its range is an error, so
that nothing is passed because of what is not there. A better metric never turns a pass into a refusal.
"""

from __future__ import annotations

from typing import Any

from rules.evaluation_report import Report
from rules.gate_champion import champion_rule, slice_rules
from rules.gate_rules import GateRules
from rules.judged import Judged
from rules.measured import MEASURED
from rules.numbers import told_against, told_apart
from rules.verdict import FAILED, OFF, PASSED, Decision, Verdict


def decide(model: str, evaluation: dict[str, Any], rules: GateRules, uri: str = "evaluation.json") -> Decision:
    """Hold the ``evaluation`` of ``model`` ("retrieval" or "ranking") against every rule.

    ``uri`` is for messages. Raises EvaluationInvalid, and InvalidPayload for a metric or slice that there is not.
    """
    judged = Judged(MEASURED[model], Report(evaluation, uri), rules)
    return Decision((*(rule(judged) for rule in RULES), *slice_rules(judged)))


def threshold_rule(judged: Judged) -> Verdict:
    """The value reaches the threshold; for "interval" its unfavourable end does."""
    name, threshold = judged.measured.threshold_parameter, judged.rules.threshold
    if threshold is None:
        return Verdict("threshold", OFF, f"{name} is not set")
    by_interval = judged.rules.threshold_rule == "interval"
    value = judged.own_value()
    held = judged.worse(value, judged.own_end()) if by_interval else value
    kept = not judged.is_worse(held, threshold)
    words = ("reaches", "is below") if judged.measured.higher_is_better else ("keeps within", "is above")
    told = f"{judged.called} {told_against(held, threshold)}{' (the end of its interval)' if by_interval else ''}"
    reason = f"{told} {words[not kept]} {name} {threshold!r}"
    return Verdict("threshold", PASSED if kept else FAILED, reason, held, threshold)


def baseline_rule(judged: Judged) -> Verdict:
    """Retrieval: not below popularity. Ranking: better than the bias of user and item."""
    rule, baseline = judged.rules.baseline_rule, judged.measured.to_beat
    if rule == "off":
        return Verdict("baseline", OFF, "BaselineRule is off")
    value, other = judged.own_value(), judged.baseline_value(baseline)
    kept = _holds_against(judged, value, other)
    own, others = told_apart(value, other)
    wanted, refused = ("is not below", "is below") if judged.measured.higher_is_better else ("beats", "does not beat")
    reason = f"{judged.called} {own} {wanted if kept else refused} {judged.of(baseline)} {others}"
    if kept and rule == "interval":
        end = judged.difference_end(baseline)
        kept = _holds_against(judged, end, 0.0)
        told, _ = told_apart(end, 0.0)
        reason += f"; the end of the difference's interval, {told}, {'agrees' if kept else 'does not'}"
    return Verdict("baseline", PASSED if kept else FAILED, reason, value, other)


def trivial_rule(judged: Judged) -> Verdict:
    """What knows nothing does not reach the threshold: else the threshold tells nothing."""
    name, threshold = judged.measured.threshold_parameter, judged.rules.threshold
    if judged.rules.trivial_rule == "off":
        return Verdict("trivial", OFF, "TrivialRule is off")
    if threshold is None:
        return Verdict("trivial", OFF, f"{name} is not set, so there is nothing to reach")
    untrained = judged.measured.untrained
    value = judged.baseline_value(untrained)
    refused = not judged.is_worse(value, threshold)
    verb = "would already reach" if refused else "would not reach"
    who = {"random": "a random ranker", "global_mean": "the mean of all scores"}[untrained]
    reason = f"{who} {verb} {name} {threshold!r} with {told_against(value, threshold)}"
    if refused:
        reason += f": {judged.why_trivial()}"
    return Verdict("trivial", FAILED if refused else PASSED, reason, value, threshold)


def _holds_against(judged: Judged, value: float, other: float) -> bool:
    """Retrieval may equal its baseline, ranking must beat it."""
    return value >= other if judged.measured.higher_is_better else value < other


RULES = (threshold_rule, baseline_rule, champion_rule, trivial_rule)
