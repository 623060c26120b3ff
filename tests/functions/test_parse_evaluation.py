from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.evaluation_report import EvaluationInvalid, EvaluationMissing, EvaluationUnreadable, read_evaluation

URI = "s3://taproom-data/runs/monday-run/evaluation/retrieval/evaluation.json"
ACCURACY = "$.multiclass_classification_metrics.accuracy"


def report(accuracy=0.75, **more):
    return {"multiclass_classification_metrics": {"accuracy": {"value": accuracy, "standard_deviation": "NaN"}}} | more


def test_a_whole_report_becomes_flat_numbers(call, put):
    document = report(
        retrieval_metrics={"recall_at_10": {"value": 0.25, "lower": 0.2, "upper": 0.3}, "mrr": {"value": 0}},
        baselines={"popularity": {"recall_at_10": {"value": 0.125}}},
        slices={"whatever": ["is", "not", "read"]},
    )
    document["multiclass_classification_metrics"]["accuracy_best_constant_classifier"] = {"value": 0.5}
    put(URI.removeprefix("s3://taproom-data/"), json.dumps(document).encode())
    assert call("parse_evaluation", {"EvaluationUri": URI}) == {
        "Accuracy": 0.75,
        "Baseline": 0.5,
        "Metrics": {
            "accuracy": 0.75,
            "popularity_accuracy": 0.5,
            "recall_at_10": 0.25,
            "mrr": 0.0,
            "popularity_recall_at_10": 0.125,
        },
        "EvaluationUri": URI,
    }


def test_a_missing_report_is_its_own_error(call, aws):
    with pytest.raises(EvaluationMissing, match=r"evaluation\.json"):
        call("parse_evaluation", {"EvaluationUri": URI})


def test_a_huge_object_is_not_read_whole(call, put):
    put(URI.removeprefix("s3://taproom-data/"), b"[" + b" " * 2**21 + b"]")
    with pytest.raises(EvaluationUnreadable, match="larger than 1048576"):
        call("parse_evaluation", {"EvaluationUri": URI})


def test_without_a_baseline_there_is_none():
    evaluation = read_evaluation(json.dumps(report()).encode(), URI)
    assert evaluation.baseline is None
    assert evaluation.metrics == {"accuracy": 0.75}


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
        read_evaluation(body, URI)
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
    ],
)
def test_a_field_that_is_no_share_is_named_with_what_stood_there(document, words):
    with pytest.raises(EvaluationInvalid) as caught:
        read_evaluation(json.dumps(document).encode(), URI)
    assert all(word in str(caught.value) for word in [*words, "evaluation.json"])


def test_a_number_too_large_for_a_float_is_named():
    body = json.dumps(report(0.5)).replace("0.5", "1e999").encode()
    with pytest.raises(EvaluationInvalid, match="Infinity"):
        read_evaluation(body, URI)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=50) | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_bytes_are_refused_by_a_named_error(body):
    with pytest.raises((EvaluationInvalid, EvaluationUnreadable)):
        read_evaluation(body if isinstance(body, bytes) else body.encode(), URI)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.floats(0, 1) | st.sampled_from([0, 1]))
def test_every_share_is_read_exactly(value):
    assert read_evaluation(json.dumps(report(value)).encode(), URI).accuracy == value
