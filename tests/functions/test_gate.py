from __future__ import annotations

import json

import pytest
from rules.evaluation_report import EvaluationInvalid, EvaluationMissing, EvaluationUnreadable
from rules.gate import decide
from rules.numbers import told_apart
from rules.validation import InvalidPayload

from tests.functions.gate_cases import around, ranking, retrieval, rules

KEY = "runs/monday-run/evaluation/retrieval/evaluation.json"
GATE_KEY = "runs/monday-run/gate/retrieval/gate.json"
ASKED = {
    "Model": "retrieval",
    "EvaluationUri": f"s3://taproom-data/{KEY}",
    "OutputUri": f"s3://taproom-data/{GATE_KEY}",
    "Rules": rules().model_dump(by_alias=True),
    "Execution": {"Id": "arn:aws:states:eu-west-1:123456789012:execution:Retraining:mon", "Name": "mon"},
}


def verdict(model, evaluation, rule, **changes):
    """What one rule says."""
    decision = decide(model, evaluation, rules(model, **changes))
    (found,) = [one for one in decision.verdicts if one.rule == rule]
    return found


def test_a_good_model_passes_every_rule_and_is_told_why():
    decision = decide("retrieval", retrieval(0.7280, champion=0.7280), rules())
    assert decision.passed
    assert [(one.rule, one.verdict) for one in decision.verdicts] == [
        ("threshold", "passed"),
        ("baseline", "passed"),
        ("champion", "passed"),
        ("trivial", "passed"),
    ]
    assert decision.reason == (
        "top-500 accuracy 0.7280 reaches AccuracyTop500Threshold 0.5; "
        "top-500 accuracy 0.7280 equals the champion's (version 3) 0.7280"
    )


def test_a_bad_model_is_refused_by_every_rule_that_it_breaks_with_the_numbers():
    decision = decide("retrieval", retrieval(0.6011, popularity=0.6250, champion=0.7280), rules(Threshold=0.75))
    assert not decision.passed
    assert decision.reason == (
        "top-500 accuracy 0.6011 is below AccuracyTop500Threshold 0.75; "
        "top-500 accuracy 0.6011 is below popularity's 0.6250; "
        "top-500 accuracy 0.6011 is 0.1269 below the champion's (version 3) 0.7280, more than ChampionTolerance 0.01 "
        "of it"
    )


def test_ranking_by_default_must_beat_the_bias_and_has_no_threshold():
    decision = decide("ranking", ranking(0.75, bias=0.875, champion=0.75), rules("ranking"))
    assert decision.passed
    assert [one.verdict for one in decision.verdicts] == ["off", "passed", "passed", "off"]
    assert decision.reason == (
        "RMSE 0.7500 beats the bias baseline's 0.8750; RMSE 0.7500 equals the champion's (version 3) 0.7500"
    )


@pytest.mark.parametrize(
    ("evaluation", "changes", "expected", "held", "words"),
    [
        (retrieval(0.5), {"Threshold": 0.5}, "passed", 0.5, "0.5000 reaches AccuracyTop500Threshold 0.5"),
        (retrieval(0.75), {"Threshold": 0.7500001}, "failed", 0.75, "0.7500000 is below AccuracyTop500Threshold"),
        (retrieval(0.75), {"Threshold": 0.6875, "ThresholdRule": "interval"}, "passed", 0.6875, "end of the interval"),
        (retrieval(0.75), {"Threshold": 0.6876, "ThresholdRule": "interval"}, "failed", 0.6875, "0.6875 is below"),
    ],
)
def test_retrieval_reaches_its_threshold(evaluation, changes, expected, held, words):
    found = verdict("retrieval", evaluation, "threshold", **changes)
    assert (found.verdict, found.value, found.limit) == (expected, held, changes["Threshold"])
    assert words in found.reason


@pytest.mark.parametrize(
    ("changes", "expected", "held", "words"),
    [
        ({"Threshold": 0.75}, "passed", 0.75, "RMSE 0.7500 keeps within RankingRmseThreshold 0.75"),
        ({"Threshold": 0.7499}, "failed", 0.75, "RMSE 0.7500 is above RankingRmseThreshold 0.7499"),
        ({"Threshold": 0.8125, "ThresholdRule": "interval"}, "passed", 0.8125, "0.8125 keeps within"),
        ({"Threshold": 0.75, "ThresholdRule": "interval"}, "failed", 0.8125, "0.8125 is above"),
        ({"Threshold": None, "ThresholdRule": "interval"}, "off", None, "RankingRmseThreshold is not set"),
    ],
)
def test_ranking_keeps_within_its_threshold(changes, expected, held, words):
    found = verdict("ranking", ranking(0.75), "threshold", **changes)
    assert (found.verdict, found.value, found.limit) == (expected, held, changes["Threshold"])
    assert words in found.reason


@pytest.mark.parametrize(
    ("model", "evaluation", "rule", "expected", "words"),
    [
        ("retrieval", retrieval(0.5, popularity=0.5), "value", "passed", "0.5000 is not below popularity's 0.5000"),
        ("retrieval", retrieval(0.5, popularity=0.50001), "value", "failed", "0.50000 is below popularity's 0.50001"),
        ("retrieval", retrieval(0.5625, popularity=0.5), "interval", "passed", "interval, 0.0000, holds"),
        ("retrieval", retrieval(0.5624, popularity=0.5), "interval", "failed", "interval, -0.0001, fails"),
        ("retrieval", {"multiclass_classification_metrics": {}}, "off", "off", "BaselineRule is off"),
        ("ranking", ranking(1.0, bias=1.0), "value", "failed", "RMSE 1.0000 does not beat the bias baseline's 1.0000"),
        ("ranking", ranking(0.99999, bias=1.0), "value", "passed", "0.99999 beats the bias baseline's 1.00000"),
        ("ranking", ranking(0.9375, bias=1.0), "interval", "failed", "interval, 0.0000, fails"),
        ("ranking", ranking(0.9374, bias=1.0), "interval", "passed", "interval, -0.0001, holds"),
    ],
)
def test_the_baseline(model, evaluation, rule, expected, words):
    off = {} if rule != "off" else {"Threshold": None, "ChampionRule": "off", "TrivialRule": "off"}
    found = verdict(model, evaluation, "baseline", BaselineRule=rule, **off)
    assert found.verdict == expected
    assert words in found.reason


@pytest.mark.parametrize(
    ("model", "evaluation", "changes", "expected", "limit", "words"),
    [
        ("retrieval", retrieval(0.75, champion=0.5), {}, "passed", 0.495, "0.2500 above the champion's (version 3)"),
        ("retrieval", retrieval(0.7, champion=0.8), {"ChampionTolerance": 0.125}, "passed", 0.7, "within"),
        ("retrieval", retrieval(0.6999, champion=0.8), {"ChampionTolerance": 0.125}, "failed", 0.7, "more than"),
        ("retrieval", retrieval(0.75), {"ChampionTolerance": 0}, "passed", 0.75, "equals"),
        ("retrieval", retrieval(0.75), {"ChampionRule": "interval"}, "failed", 0.7425, "-0.0625, is beyond -0.0075"),
        (
            "retrieval",
            retrieval(0.75),
            {"ChampionRule": "interval", "ChampionTolerance": 0.125},
            "passed",
            0.65625,
            "-0.0625, is within -0.0938",
        ),
        ("retrieval", {}, {"ChampionRule": "off"}, "off", None, "ChampionRule is off"),
        ("ranking", ranking(0.75, champion=1.0), {}, "passed", 1.01, "0.2500 below the champion's"),
        ("ranking", ranking(0.875, champion=0.7), {"ChampionTolerance": 0.25}, "passed", 0.875, "within"),
        ("ranking", ranking(0.8751, champion=0.7), {"ChampionTolerance": 0.25}, "failed", 0.875, "more than"),
        ("ranking", ranking(0.75), {"ChampionRule": "interval"}, "failed", 0.7575, "0.0625, is beyond 0.0075"),
    ],
)
def test_the_champion(model, evaluation, changes, expected, limit, words):
    if changes.get("ChampionRule") == "off":
        changes = changes | {"Threshold": None, "BaselineRule": "off", "TrivialRule": "off"}
    found = verdict(model, evaluation, "champion", **changes)
    assert found.verdict == expected
    assert found.limit == (limit if limit is None else pytest.approx(limit))
    assert words in found.reason


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("threshold", {"ThresholdRule": "interval"}),
        ("baseline", {"BaselineRule": "interval"}),
        ("champion", {"ChampionRule": "interval"}),
    ],
)
def test_an_interval_never_excuses_a_value(rule, changes):
    evaluation = retrieval(0.25)
    for metric in (evaluation["multiclass_classification_metrics"], *evaluation["differences"].values()):
        metric["accuracy"]["lower"] = 1.0
    assert verdict("retrieval", evaluation, rule, **changes).verdict == "failed"


@pytest.mark.parametrize("model", ["retrieval", "ranking"])
def test_without_a_champion_its_rules_pass(model):
    evaluation = {"retrieval": retrieval, "ranking": ranking}[model]() | {"champion": {"status": "none"}}
    slices = {"items_tail.recall_at_100" if model == "retrieval" else "items_tail.rmse": 0}
    decision = decide(model, evaluation, rules(model, SliceRules=slices, ChampionNotComparable="reject"))
    assert decision.passed
    assert [one.reason for one in decision.verdicts if one.rule.startswith(("champion", "slice"))] == [
        "no champion yet"
    ] * 2


@pytest.mark.parametrize("status", ["not comparable", "unusable"])
@pytest.mark.parametrize(("said", "expected"), [("pass", "not comparable"), ("reject", "failed")])
def test_a_champion_that_cannot_be_compared_with_is_judged_as_the_execution_says(status, said, expected):
    champion = {"status": status, "version": 3, "reason": "its split has seed 7\n, this run's has 42"}
    slices = {"items_tail.recall_at_100": 0.5}
    asked = rules(ChampionNotComparable=said, SliceRules=slices)
    decision = decide("retrieval", retrieval() | {"champion": champion}, asked)
    told = [one for one in decision.verdicts if one.rule in ("champion", "slice items_tail.recall_at_100")]
    assert [one.verdict for one in told] == [expected] * 2
    reason = f"the champion (version 3) is {status}: its split has seed 7\\n, this run's has 42"
    assert told[0].reason == f"{reason} (ChampionNotComparable is {said})"
    assert decision.passed is (said == "pass")
    assert reason in decision.reason


def test_a_catalogue_of_600_items_makes_the_threshold_trivial_and_shorter_lists_help():
    small = retrieval(0.9, popularity=0.875, random=0.8333, champion=0.9) | {"items": 600}
    decision = decide("retrieval", small, rules())
    assert not decision.passed
    assert decision.reason == (
        "a random ranker would already reach AccuracyTop500Threshold 0.5 with 0.8333: the lists of 500 hold most of "
        "the 600 items; set ReturnRecommendationsNumber below 300, or raise AccuracyTop500Threshold"
    )
    shorter = retrieval(0.25, popularity=0.1875, random=0.0833, champion=0.25) | {"items": 600, "k": 50}
    assert decide("retrieval", shorter, rules(Threshold=0.125)).passed
    assert decide("retrieval", small, rules(TrivialRule="off")).passed


@pytest.mark.parametrize(
    ("model", "evaluation", "changes", "expected", "words"),
    [
        ("retrieval", retrieval(random=0.5), {}, "failed", "with 0.5000: raise AccuracyTop500Threshold"),
        ("retrieval", retrieval(random=0.49996), {}, "passed", "a random ranker would not reach"),
        ("retrieval", retrieval(random=0.5) | {"items": 400}, {}, "failed", "the lists of 500 hold all 400 items"),
        (
            "retrieval",
            retrieval(random=0.9) | {"items": 600},
            {"Threshold": 0.001},
            "failed",
            "items; raise AccuracyTop500Threshold",
        ),
        ("ranking", ranking(mean=1.5), {"Threshold": 1.5}, "failed", "the mean of all scores would already reach"),
        ("ranking", ranking(mean=1.5), {"Threshold": 1.5}, "failed", "lower RankingRmseThreshold"),
        ("ranking", ranking(mean=1.5), {"Threshold": 1.4999}, "passed", "would not reach"),
        ("ranking", ranking(), {}, "off", "nothing to reach"),
    ],
)
def test_what_knows_nothing_must_not_reach_the_threshold(model, evaluation, changes, expected, words):
    found = verdict(model, evaluation, "trivial", **changes)
    assert found.verdict == expected
    assert words in found.reason


@pytest.mark.parametrize(
    ("model", "evaluation", "metric", "tolerance", "expected"),
    [
        ("retrieval", retrieval(tail=0.225, champions_tail=0.25), "recall_at_100", 0.1, "passed"),
        ("retrieval", retrieval(tail=0.2249, champions_tail=0.25), "recall_at_100", 0.1, "failed"),
        ("retrieval", retrieval(tail=0.0, champions_tail=0.25), "recall_at_100", 1, "passed"),
        ("ranking", ranking(tail=1.25, champions_tail=1.0), "rmse", 0.25, "passed"),
        ("ranking", ranking(tail=1.2501, champions_tail=1.0), "rmse", 0.25, "failed"),
    ],
)
def test_a_slice_is_held_against_the_champions(model, evaluation, metric, tolerance, expected):
    rule = f"items_tail.{metric}"
    found = verdict(model, evaluation, f"slice {rule}", SliceRules={rule: tolerance})
    assert found.verdict == expected
    assert rule in found.reason


@pytest.mark.parametrize(("said", "expected"), [("pass", "not comparable"), ("reject", "failed")])
@pytest.mark.parametrize("whose", ["model", "champion"])
def test_an_empty_slice_is_not_comparable(whose, said, expected):
    evaluation = retrieval()
    holder = evaluation if whose == "model" else evaluation["champion"]
    holder["slices"]["items_tail"] = {"held_out": 0}
    changes = {"SliceRules": {"items_tail.recall_at_100": 0.1}, "ChampionNotComparable": said}
    found = verdict("retrieval", evaluation, "slice items_tail.recall_at_100", **changes)
    assert found.verdict == expected
    assert "holds no held-out review" in found.reason


def test_a_slice_that_is_not_empty_must_have_the_metric():
    evaluation = retrieval()
    evaluation["slices"]["items_tail"] = {"held_out": 9}
    with pytest.raises(EvaluationInvalid, match=r"\$\.slices\.items_tail\.recall_at_100 is missing"):
        decide("retrieval", evaluation, rules(SliceRules={"items_tail.recall_at_100": 0.1}))


def test_another_metric_is_judged_by_its_own_numbers():
    evaluation = {
        "retrieval_metrics": {"recall_at_10": around(0.25)},
        "baselines": {"popularity": {"recall_at_10": around(0.125)}, "random": {"recall_at_10": around(0.0)}},
        "champion": {"status": "none"},
    }
    decision = decide("retrieval", evaluation, rules(Metric="retrieval_metrics.recall_at_10", Threshold=0.25))
    assert decision.reason == "recall_at_10 0.2500 reaches AccuracyTop500Threshold 0.25; no champion yet"


@pytest.mark.parametrize(
    ("champion", "words"),
    [
        (None, r"\$\.champion must be an object, but is null"),
        ({}, r"\$\.champion\.status is missing"),
        ({"status": "fine"}, r'\$\.champion\.status must be one of .*, but is "fine"'),
        ({"status": "scored"}, r"\$\.champion\.metrics is missing"),
    ],
)
def test_a_champion_of_which_nothing_is_told_is_no_pass(champion, words):
    with pytest.raises(EvaluationInvalid, match=words):
        decide("retrieval", retrieval() | {"champion": champion}, rules())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Metric": "regression_metrics.rmse"}, "regression_metrics.rmse"),
        ({"SliceRules": {"items_tail.rmse": 0.1}}, "items_tail.rmse"),
        ({"SliceRules": {"items_tail": 0.1}}, "items_tail"),
        ({"SliceRules": {"items_tail.recall_at_100": 1.5}}, "1.5"),
    ],
)
def test_rules_for_what_the_model_does_not_have_are_named(changes, words):
    with pytest.raises(InvalidPayload, match=words):
        decide("retrieval", retrieval(), rules(**changes))


def test_with_every_rule_off_nothing_is_read_and_that_is_told():
    off = {"Threshold": None, "BaselineRule": "off", "ChampionRule": "off", "TrivialRule": "off"}
    decision = decide("ranking", None, rules("ranking", **off))
    assert decision.passed
    assert decision.reason == "no rule is on that could refuse it"


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((0.728, 0.5), ["0.7280", "0.5000"]),
        ((0.75, 0.7500001), ["0.7500000", "0.7500001"]),
        ((0.75, 0.75), ["0.7500", "0.7500"]),
        ((1e-20, 0.0), ["1e-20", "0.0"]),
        ((1e7, 1.5), ["10000000.0", "1.5"]),
    ],
)
def test_numbers_that_differ_never_look_equal(numbers, texts):
    assert told_apart(*numbers) == texts


@pytest.fixture
def judge(call, put):
    """Let the function judge an evaluation."""

    def judged(evaluation, **changes):
        put(KEY, json.dumps(evaluation).encode())
        return call("gate", ASKED | changes)

    return judged


def test_the_function_answers_and_writes_the_same(judge, aws):
    wanted = rules(SliceRules={"items_tail.recall_at_100": 0.1}).model_dump(by_alias=True)
    answer = judge(retrieval(0.25), Rules=wanted)
    assert answer.keys() == {"Passed", "Reason", "Rules", "GateUri"}
    assert answer["Passed"] is False
    assert answer["Rules"][0] == {
        "Rule": "threshold",
        "Verdict": "failed",
        "Value": 0.25,
        "Limit": 0.5,
        "Reason": "top-500 accuracy 0.2500 is below AccuracyTop500Threshold 0.5",
    }
    assert answer["GateUri"] == ASKED["OutputUri"]
    document = json.loads(aws("s3").get_object(Bucket="taproom-data", Key=GATE_KEY)["Body"].read())
    assert document == {
        "schema_version": 1,
        "model": "retrieval",
        "evaluation_uri": ASKED["EvaluationUri"],
        "passed": False,
        "reason": answer["Reason"],
        "rules": [{key.lower(): value for key, value in one.items()} for one in answer["Rules"]],
        "parameters": {
            "metric": "multiclass_classification_metrics.accuracy",
            "threshold": 0.5,
            "threshold_rule": "value",
            "baseline_rule": "value",
            "champion_rule": "value",
            "champion_tolerance": 0.01,
            "champion_not_comparable": "pass",
            "trivial_rule": "on",
            "slice_rules": {"items_tail.recall_at_100": 0.1},
        },
    }


def test_a_good_model_is_let_through_by_the_function(judge):
    assert judge(retrieval())["Passed"] is True
    assert judge(ranking(), Model="ranking", Rules=rules("ranking").model_dump(by_alias=True))["Passed"] is True


def test_a_report_that_is_missing_or_no_json_is_no_pass(call, put):
    with pytest.raises(EvaluationMissing, match="the evaluation job did not write"):
        call("gate", ASKED)
    for body in (b"", b"{", b'{"accuracy": NaN}', b"[" + b" " * 2**21 + b"]"):
        put(KEY, body)
        with pytest.raises(EvaluationUnreadable, match=KEY):
            call("gate", ASKED)


def test_a_refused_report_leaves_no_gate_document(judge, aws):
    with pytest.raises(EvaluationInvalid, match=r"\$\.multiclass_classification_metrics is missing"):
        judge({})
    assert aws("s3").list_objects_v2(Bucket="taproom-data", Prefix=GATE_KEY)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Model": "beer"}, 'Model: received "beer"'),
        ({"OutputUri": "gate.json"}, "OutputUri"),
        ({"Rules": {}}, "Rules.Metric is missing"),
        ({"Rules": ASKED["Rules"] | {"Threshold": True}}, "Rules.Threshold: received true"),
        ({"Rules": ASKED["Rules"] | {"ChampionTolerance": 2}}, "Rules.ChampionTolerance: received 2"),
        ({"Rules": ASKED["Rules"] | {"ChampoinRule": "off"}}, "Rules.ChampoinRule; did you mean ChampionRule?"),
    ],
)
def test_a_payload_that_does_not_fit_is_named(call, changes, words):
    with pytest.raises(InvalidPayload) as caught:
        call("gate", ASKED | changes)
    assert words in str(caught.value)
