"""The gate on arbitrary evaluations: never a pass for what is not there, and never a refusal for being better."""

from __future__ import annotations

import copy
import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.evaluation_report import EvaluationInvalid
from rules.gate import decide
from rules.measured import MEASURED

from tests.functions.gate_cases import ranking, retrieval, rules

MODELS = st.sampled_from(["retrieval", "ranking"])
STATUSES = st.sampled_from(["scored", "scored", "scored", "none", "not comparable", "unusable"])
HUGE = 10**400
NO_NUMBERS = [
    None,
    True,
    False,
    "NaN",
    "0.5",
    [],
    {},
    {"value": 0.5},
    math.nan,
    math.inf,
    -math.inf,
    HUGE,
    -HUGE,
    -1e101,
]
JUNK = st.sampled_from(NO_NUMBERS) | st.recursive(
    st.text(max_size=5) | st.sampled_from([*NO_NUMBERS, -3, 1.5]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["value", "x"]), inner, max_size=2),
    max_leaves=4,
)
MISSING = object()


@st.composite
def asked_rules(draw, model):
    """Any rules that Prepare may hand over for a model."""
    measured = MEASURED[model]
    slices = [f"{name}.{metric}" for name, metrics in measured.slice_metrics.items() for metric in metrics]
    share = st.sampled_from([0, 0.01, 0.25, 1]) | st.floats(0, 1)
    threshold = share if model == "retrieval" else st.none() | st.floats(0.001, 5)
    return rules(
        model,
        Metric=draw(st.sampled_from(measured.gate_paths)),
        Threshold=draw(threshold),
        ThresholdRule=draw(st.sampled_from(["value", "interval"])),
        BaselineRule=draw(st.sampled_from(["value", "interval", "off"])),
        ChampionRule=draw(st.sampled_from(["value", "interval", "off"])),
        ChampionTolerance=draw(share),
        ChampionNotComparable=draw(st.sampled_from(["pass", "reject"])),
        TrivialRule=draw(st.sampled_from(["on", "off"])),
        SliceRules=draw(st.dictionaries(st.sampled_from(slices), share, max_size=3)),
    )


@st.composite
def evaluations(draw, model, asked):
    """A whole evaluation, differences and intervals consistent; any numbers where the rules ``asked`` look."""
    measured = MEASURED[model]
    judged = asked.metric.rpartition(".")[2]
    margin = draw(st.sampled_from([0.0, 0.01, 0.1]))
    number = st.floats(0, 1) if model == "retrieval" else st.floats(0.001, 4)

    def around(value, lies_in):
        lower, upper = max(value - margin, lies_in.lowest), min(value + margin, lies_in.highest)
        return {"value": value, "lower": lower, "upper": upper}

    def metric(name, looked_at):
        return around(draw(number) if looked_at else 0.5, measured.ranges[name])

    def metrics():
        return {name: metric(name, name == judged) for name in measured.gate_metrics}

    def slices():
        return {
            name: {"held_out": 1} | {one: metric(one, f"{name}.{one}" in asked.slice_rules) for one in names}
            for name, names in measured.slice_metrics.items()
        }

    own, champions = metrics(), metrics()
    baselines = {name: metrics() for name in (*measured.baselines, measured.untrained)}
    evaluation = {
        "baselines": baselines,
        "slices": slices(),
        "champion": {"status": draw(STATUSES), "reason": "so it is", "metrics": champions, "slices": slices()},
        "differences": {
            who: {name: around(own[name]["value"] - one["value"], measured.differences) for name, one in theirs.items()}
            for who, theirs in {measured.to_beat: baselines[measured.to_beat], "champion": champions}.items()
        },
    }
    for name, value in own.items():
        evaluation.setdefault(measured.sections[name], {})[name] = value
    return evaluation


@st.composite
def cases(draw):
    """A model's name, rules for it, and a whole evaluation of it."""
    model = draw(MODELS)
    asked = draw(asked_rules(model))
    return model, asked, draw(evaluations(model, asked))


@st.composite
def mangled(draw, evaluation):
    """An evaluation of which some parts are missing, something else, or somewhere else."""
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(sorted(leaves(evaluation)) or [()]))
        path = path[: draw(st.integers(min(1, len(path)), max(len(path), 1)))]
        part = st.sampled_from([evaluation, evaluation.get("champion"), {"value": 0.5, "lower": 0.4, "upper": 0.6}])
        value = draw(JUNK | st.just(MISSING) | part | st.floats(0, 1))
        evaluation = replaced(evaluation, path, value) if path else evaluation
    return evaluation


def reads(model, asked, status):
    """The paths of the numbers that the rules read, told anew from what the rules promise."""
    measured = MEASURED[model]
    metric = asked.metric.rpartition(".")[2]
    end = "lower" if measured.higher_is_better else "upper"
    own = (*asked.metric.split("."), "value")
    found = set()
    if asked.threshold is not None:
        found |= {own} | ({(*own[:-1], end)} if asked.threshold_rule == "interval" else set())
    if asked.baseline_rule != "off":
        found |= {own, ("baselines", measured.to_beat, metric, "value")}
    if asked.baseline_rule == "interval":
        found.add(("differences", measured.to_beat, metric, end))
    if asked.trivial_rule == "on" and asked.threshold is not None:
        found.add(("baselines", measured.untrained, metric, "value"))
    if status == "scored":
        if asked.champion_rule != "off":
            found |= {own, ("champion", "metrics", metric, "value")}
        if asked.champion_rule == "interval":
            found.add(("differences", "champion", metric, end))
        for rule in asked.slice_rules:
            found |= {("slices", *rule.split("."), "value"), ("champion", "slices", *rule.split("."), "value")}
    return found


def leaves(document, path=()):
    """The paths of all numbers in a document."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, (*path, key))
    elif isinstance(document, int | float):
        yield path


def replaced(document, path, value):
    """A copy of the document with another value at a path, or without it."""
    changed = copy.deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    if value is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


def in_range(value, path, model):
    """Whether a number may stand at a path."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return False
    if model == "retrieval":
        return (-1 if path[0] == "differences" else 0) <= value <= 1
    return (-1e100 if path[0] == "differences" else 0) <= value <= 1e100


@pytest.mark.parametrize("how", ["value", "interval"])
@pytest.mark.parametrize(
    ("model", "evaluation", "changes"),
    [
        ("retrieval", retrieval(), {"SliceRules": {"items_tail.recall_at_100": 0.5}}),
        ("ranking", ranking(), {"Threshold": 1, "SliceRules": {"items_tail.rmse": 0.5}}),
    ],
)
def test_each_number_that_a_rule_reads_must_be_one(model, evaluation, changes, how):
    asked = rules(model, ThresholdRule=how, BaselineRule=how, ChampionRule=how, **changes)
    read = reads(model, asked, "scored")
    assert len(read) == (9 if how == "interval" else 6)
    for path in read:
        for value in [MISSING, *NO_NUMBERS]:
            with pytest.raises(EvaluationInvalid, match=re.escape(f"$.{'.'.join(path)}")):
                decide(model, replaced(evaluation, path, value), asked)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_a_number_that_is_read_and_is_missing_or_no_number_is_an_error_that_names_it(data):
    model, asked, evaluation = data.draw(cases())
    read = reads(model, asked, evaluation["champion"]["status"])
    before = decide(model, evaluation, asked)
    path = data.draw(st.sampled_from(sorted(read)) if read else st.sampled_from(sorted(leaves(evaluation))))
    value = data.draw(JUNK.filter(lambda junk: not in_range(junk, path, model)) | st.just(MISSING))
    changed = replaced(evaluation, path, value)
    if path not in read:
        assert decide(model, changed, asked) == before
        return
    with pytest.raises(EvaluationInvalid) as caught:
        decide(model, changed, asked)
    assert f"$.{'.'.join(path)}" in str(caught.value)
    assert len(str(caught.value)) < 1000


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_a_number_that_no_rule_reads_changes_nothing(data):
    model, asked, evaluation = data.draw(cases())
    read = reads(model, asked, evaluation["champion"]["status"])
    unread = [path for path in leaves(evaluation) if path not in read and path[-1] not in ("held_out", "users")]
    path = data.draw(st.sampled_from(sorted(unread)))
    changed = replaced(evaluation, path, data.draw(JUNK | st.just(MISSING)))
    assert decide(model, changed, asked) == decide(model, evaluation, asked)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_an_arbitrary_report_is_an_error_or_has_every_number_that_is_read(data):
    model, asked, evaluation = data.draw(cases())
    evaluation = data.draw(mangled(evaluation) | JUNK)
    try:
        decision = decide(model, evaluation, asked)
    except EvaluationInvalid:
        return
    looks = asked.champion_rule != "off" or asked.slice_rules
    for path in reads(model, asked, evaluation["champion"]["status"] if looks else None):
        found = evaluation
        for key in path:
            found = found[key]
        assert in_range(found, path, model)
    json.dumps([one.document() for one in decision.verdicts], allow_nan=False)


def better(evaluation, model, asked, by):
    """The same evaluation of a model that is better by ``by`` in everything."""
    measured = MEASURED[model]
    changed = copy.deepcopy(evaluation)
    sign = 1 if measured.higher_is_better else -1

    def shift(metric, lowest, highest):
        for field in ("value", "lower", "upper"):
            metric[field] = min(max(metric[field] + sign * by, lowest), highest)

    for name in measured.gate_metrics:
        shift(changed[measured.sections[name]][name], 0.0, 1.0 if model == "retrieval" else math.inf)
        for who in ("champion", measured.to_beat):
            shift(changed["differences"][who][name], measured.differences.lowest, measured.differences.highest)
    for name, names in measured.slice_metrics.items():
        for metric in names:
            shift(changed["slices"][name][metric], 0.0, 1.0 if model == "retrieval" else math.inf)
    return changed


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_a_better_model_is_never_refused_where_a_worse_one_passed(data):
    model, asked, evaluation = data.draw(cases())
    by = data.draw(st.floats(0, 1) | st.sampled_from([1e-12, 1e-6, 0.01]))
    worse, raised = decide(model, evaluation, asked), decide(model, better(evaluation, model, asked, by), asked)
    for one, other in zip(worse.verdicts, raised.verdicts, strict=True):
        assert (one.verdict, other.verdict) != ("passed", "failed"), (one, other)
    assert raised.passed >= worse.passed


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_what_is_told_is_what_was_decided(data):
    model, asked, evaluation = data.draw(cases())
    decision = decide(model, evaluation, asked)
    assert decision == decide(model, evaluation, asked)
    assert decision.passed == all(one.verdict != "failed" for one in decision.verdicts)
    rest = ["champion", "trivial", *(f"slice {rule}" for rule in asked.slice_rules)]
    assert [one.rule for one in decision.verdicts] == ["threshold", "baseline", *rest]
    for one in decision.verdicts:
        assert one.document().items() >= {"rule": one.rule, "verdict": one.verdict, "value": one.value}.items()
        assert {key.lower(): value for key, value in one.answer().items()} == one.document()
        assert one.reason
        if one.verdict == "failed" and not decision.passed:
            assert one.reason in decision.reason or decision.reason.endswith("…")
    json.dumps([one.answer() for one in decision.verdicts], allow_nan=False)
