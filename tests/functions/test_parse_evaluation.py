from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.evaluation_report import (
    EvaluationInvalid,
    EvaluationMissing,
    EvaluationUnreadable,
    flat_metrics,
    read_report,
)
from rules.measured import RANKING, RETRIEVAL
from rules.validation import InvalidPayload

KEY = "runs/monday-run/evaluation/retrieval/evaluation.json"
URI = f"s3://taproom-data/{KEY}"
ASKED = {"Model": "retrieval", "EvaluationUri": URI}
ACCURACY = "$.multiclass_classification_metrics.accuracy"


def report(accuracy=0.75, **more):
    return {"multiclass_classification_metrics": {"accuracy": {"value": accuracy, "standard_deviation": "NaN"}}} | more


def ranking_report(rmse=0.9, **more):
    return {"regression_metrics": {"rmse": {"value": rmse, "standard_deviation": "NaN"}} | more}


def flat(document, measured=RETRIEVAL):
    return flat_metrics(read_report(json.dumps(document).encode(), URI), measured)


def test_a_whole_retrieval_report_becomes_flat_numbers(call, put):
    document = report(
        retrieval_metrics={"recall_at_10": {"value": 0.25, "lower": 0.2, "upper": 0.3}, "mrr": {"value": 0}},
        baselines={"popularity": {"accuracy": {"value": 0.5}, "recall_at_10": {"value": 0.125}}, "random": {}},
        champion={"status": "scored", "metrics": {"accuracy": {"value": 0.625}}},
        slices={"whatever": ["is", "not", "read"]},
    )
    put(KEY, json.dumps(document).encode())
    answer = call("parse_evaluation", ASKED)
    assert answer == {
        "Metrics": {
            "accuracy": 0.75,
            "recall_at_10": 0.25,
            "mrr": 0.0,
            "popularity_accuracy": 0.5,
            "popularity_recall_at_10": 0.125,
            "champion_accuracy": 0.625,
        },
        "EvaluationUri": URI,
    }
    assert list(answer["Metrics"])[:3] == ["accuracy", "recall_at_10", "mrr"]


def test_a_whole_ranking_report_becomes_flat_numbers(call, put, capsys):
    document = ranking_report(mae={"value": 0.5}, mse={"value": 0.81}, r2={"value": -3}) | {
        "baselines": {"bias": {"rmse": {"value": 1}, "r2": {"value": 0}}, "global_mean": {"rmse": {"value": 1.5}}},
        "champion": {"status": "scored", "metrics": {"mse": {"value": 2}}},
    }
    put(KEY, json.dumps(document).encode())
    assert call("parse_evaluation", ASKED | {"Model": "ranking"})["Metrics"] == {
        "rmse": 0.9,
        "mae": 0.5,
        "mse": 0.81,
        "r2": -3.0,
        "bias_rmse": 1.0,
        "bias_r2": 0.0,
        "global_mean_rmse": 1.5,
        "champion_mse": 2.0,
    }
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert told["RankingRmse"] == [0.9]
    assert told["RankingBiasRmse"] == [1.0]


@pytest.mark.parametrize("status", ["none", "not comparable", "unusable"])
def test_a_champion_that_was_not_scored_has_no_metrics(status):
    champion = {"status": status, "reason": "", "metrics": {"accuracy": {"value": 0.625}}}
    assert flat(report(champion=champion)) == {"accuracy": 0.75}


def test_the_model_must_be_one_of_the_two(call):
    with pytest.raises(InvalidPayload, match=r'Model: received "both"; allowed is "retrieval" or "ranking"'):
        call("parse_evaluation", ASKED | {"Model": "both"})


def test_a_missing_report_is_its_own_error(call, aws):
    with pytest.raises(EvaluationMissing, match=r"evaluation\.json"):
        call("parse_evaluation", ASKED)


def test_a_huge_object_is_not_read_whole(call, put):
    put(KEY, b"[" + b" " * 2**21 + b"]")
    with pytest.raises(EvaluationUnreadable, match="larger than 1048576"):
        call("parse_evaluation", ASKED)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ["not JSON"]),
        (b"accuracy: 0.9", ["not JSON"]),
        (b'{"a": NaN}', ["bare NaN"]),
        (b'{"a": -Infinity}', ["bare -Infinity"]),
        (b"\xff\xfe{}", ["UTF-8", "byte 0"]),
        (b"[" * 100_000, ["not JSON"]),
        (b"1" * 5_000, ["not JSON"]),
    ],
)
def test_what_is_no_json_is_unreadable(body, words):
    with pytest.raises(EvaluationUnreadable) as caught:
        read_report(body, URI)
    assert all(word in str(caught.value) for word in [*words, "evaluation.json"])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"schema_version": 1}, ["$.multiclass_classification_metrics is missing"]),
        ({"multiclass_classification_metrics": {}}, [f"{ACCURACY} is missing"]),
        ({"multiclass_classification_metrics": {"accuracy": {}}}, [f"{ACCURACY}.value is missing"]),
        ({"multiclass_classification_metrics": {"accuracy": 0.9}}, [f"{ACCURACY} must be an object", "0.9"]),
        ([1], ["$ must be an object", "[1]"]),
        (report("0.9"), [f"{ACCURACY}.value", '"0.9"']),
        (report("NaN"), [f"{ACCURACY}.value", '"NaN"']),
        (report(True), [f"{ACCURACY}.value", "true"]),
        (report(None), [f"{ACCURACY}.value", "null"]),
        (report(1.5), [f"{ACCURACY}.value", "1.5"]),
        (report(-1), [f"{ACCURACY}.value", "-1"]),
        (report(10**400), [f"{ACCURACY}.value"]),
        (report(retrieval_metrics={"mrr": {"value": 2}}), ["$.retrieval_metrics.mrr.value", "2"]),
        (report(retrieval_metrics=[]), ["$.retrieval_metrics must be an object"]),
        (report(baselines={"popularity": {"mrr": {}}}), ["$.baselines.popularity.mrr.value is missing"]),
        (report(champion="scored"), ["$.champion must be an object", '"scored"']),
        (
            report(champion={"status": "scored", "metrics": {"mrr": {"value": "NaN"}}}),
            ["$.champion.metrics.mrr.value", '"NaN"'],
        ),
    ],
)
def test_a_field_that_is_no_share_is_named_with_what_stood_there(document, words):
    with pytest.raises(EvaluationInvalid) as caught:
        flat(document)
    assert all(word in str(caught.value) for word in [*words, "evaluation.json"])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (report(), ["$.regression_metrics is missing"]),
        (ranking_report(-0.1), ["$.regression_metrics.rmse.value", "-0.1", "from 0"]),
        (ranking_report(10**400), ["$.regression_metrics.rmse.value"]),
        (ranking_report(r2={"value": 1.5}), ["$.regression_metrics.r2.value", "1.5", "to 1"]),
        (ranking_report(r2={"value": "NaN"}), ["$.regression_metrics.r2.value", '"NaN"']),
    ],
)
def test_a_field_that_is_no_error_of_a_score_is_named_with_what_stood_there(document, words):
    with pytest.raises(EvaluationInvalid) as caught:
        flat(document, RANKING)
    assert all(word in str(caught.value) for word in [*words, "evaluation.json"])


@pytest.mark.parametrize(("document", "measured"), [(report(0.5), RETRIEVAL), (ranking_report(0.5), RANKING)])
def test_a_number_too_large_for_a_float_is_named(document, measured):
    body = json.dumps(document).replace("0.5", "1e999").encode()
    with pytest.raises(EvaluationInvalid, match="Infinity"):
        flat_metrics(read_report(body, URI), measured)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.binary(max_size=50) | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps),
    st.sampled_from([RETRIEVAL, RANKING]),
)
def test_any_bytes_are_refused_by_a_named_error(body, measured):
    with pytest.raises((EvaluationInvalid, EvaluationUnreadable)):
        flat_metrics(read_report(body if isinstance(body, bytes) else body.encode(), URI), measured)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.floats(0, 1) | st.sampled_from([0, 1]))
def test_every_share_is_read_exactly(value):
    assert flat(report(value)) == {"accuracy": value}
