"""The gate's rules that hold a model against the champion, which the evaluation job measured on the same test set."""

from __future__ import annotations

from typing import Any

from rules.evaluation_report import EvaluationInvalid
from rules.judged import Judged
from rules.numbers import told_apart
from rules.verdict import FAILED, NOT_COMPARABLE, OFF, PASSED, Verdict
from rules.wording import clipped, printable, shown

SCORED, NONE = "scored", "none"
UNFIT = ("not comparable", "unusable")
QUOTE_LIMIT = 400  # characters


def champion_rule(judged: Judged) -> Verdict:
    """Not worse than the champion by more than ChampionTolerance; for "interval" nor is the difference's end."""
    rule, tolerance = judged.rules.champion_rule, judged.rules.champion_tolerance
    if rule == "off":
        return Verdict("champion", OFF, "ChampionRule is off")
    unfit = without_champion("champion", judged)
    if unfit:
        return unfit
    value, other = judged.value, judged.value_of("champion", "metrics")
    limit = judged.worst_within(tolerance, other)
    kept = not judged.is_worse(value, limit)
    whose = f"the champion's{_version(judged.report.at('champion'))}"
    reason = f"{judged.called} {_compared(judged, value, other, limit, whose, f'ChampionTolerance {tolerance!r}')}"
    if rule == "interval":
        end, allowed = judged.difference_end("champion"), judged.allowance(tolerance, other)
        within = not judged.is_worse(end, allowed)
        told, limits = told_apart(end, allowed)
        reason += f"; the end of the difference's interval, {told}, is {'within' if within else 'beyond'} {limits}"
        kept = kept and within
    return Verdict("champion", PASSED if kept else FAILED, reason, value, limit)


def slice_rules(judged: Judged) -> list[Verdict]:
    """A verdict for each of SliceRules."""
    asked = judged.rules.slices_of(judged.measured)
    return [slice_rule(judged, name, metric, tolerance) for (name, metric), tolerance in asked.items()]


def slice_rule(judged: Judged, name: str, metric: str, tolerance: float) -> Verdict:
    """``metric`` of the slice ``name`` is not worse than the champion's by more than ``tolerance``."""
    rule = f"slice {name}.{metric}"
    unfit = without_champion(rule, judged)
    if unfit:
        return unfit
    places = ("slices", name), ("champion", "slices", name)
    if any(_is_empty(judged, place, metric) for place in places):
        return _not_comparable(rule, judged, f"the slice {name} holds no held-out review")
    allowed = judged.measured.ranges[metric]
    value, other = (judged.report.number(*place, metric, "value", allowed=allowed) for place in places)
    limit = judged.worst_within(tolerance, other)
    told = _compared(judged, value, other, limit, "the champion's", f"its tolerance {tolerance!r}")
    verdict = FAILED if judged.is_worse(value, limit) else PASSED
    return Verdict(rule, verdict, f"{name}.{metric} {told}", value, limit)


def without_champion(rule: str, judged: Judged) -> Verdict | None:
    """The verdict of ``rule`` where there is no champion to compare with; None where there is one."""
    status = judged.report.at("champion", "status")
    if status == SCORED:
        return None
    if status == NONE:
        return Verdict(rule, PASSED, "no champion yet")
    if status not in UNFIT:
        known = ", ".join((SCORED, NONE, *UNFIT))
        raise EvaluationInvalid(
            f"{judged.report.uri}: $.champion.status must be one of {known}, but is {shown(status)}"
        )
    champion = judged.report.at("champion")
    told = champion.get("reason")
    why = clipped(printable(told), QUOTE_LIMIT) if isinstance(told, str) and told else "no reason was told"
    return _not_comparable(rule, judged, f"the champion{_version(champion)} is {status}: {why}")


def _not_comparable(rule: str, judged: Judged, reason: str) -> Verdict:
    """As ChampionNotComparable says: refused, or let through and told apart from a pass."""
    said = judged.rules.champion_not_comparable
    return Verdict(rule, FAILED if said == "reject" else NOT_COMPARABLE, f"{reason} (ChampionNotComparable is {said})")


def _compared(judged: Judged, value: float, other: float, limit: float, whose: str, tolerance: str) -> str:
    """``value`` against ``other``, in words; ``limit`` is the worst that the ``tolerance`` allows."""
    distance = abs(value - other)
    own, others, _, apart, _ = told_apart(value, other, limit, distance, 0.0)
    if value == other:
        return f"{own} equals {whose} {others}"
    told = f"{own} is {apart} {'above' if value > other else 'below'} {whose} {others}"
    if not judged.is_worse(value, other):
        return told
    return f"{told}, {'more than' if judged.is_worse(value, limit) else 'within'} {tolerance} of it"


def _version(champion: Any) -> str:
    version = champion.get("version")
    return f" (version {version})" if isinstance(version, int) and not isinstance(version, bool) else ""


def _is_empty(judged: Judged, place: tuple[str, ...], metric: str) -> bool:
    """Whether the slice at ``place`` says that it holds nothing, and so has no metric."""
    if judged.report.has(*place, metric):
        return False
    counts = [judged.report.at(*place).get(name) for name in ("held_out", "users")]
    return any(count == 0 and not isinstance(count, bool) for count in counts)
