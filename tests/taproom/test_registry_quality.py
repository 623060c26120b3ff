"""Metrics of a version: from evaluation.json, and from its metadata where that is gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taproom.registry.documents import Document, parse_document
from taproom.registry.quality import Measured, quality_of
from taproom.registry.record import parameters_of
from tests.taproom.registered import ranking_evaluation, retrieval_evaluation

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["1", "nan", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "lower", "rmse", "x"]), inner)
    ),
    max_leaves=10,
)


def test_a_retrieval_evaluation_has_the_models_metrics_and_the_others_apart():
    quality = quality_of("retrieval", retrieval_evaluation(0.7), {})
    assert list(quality.metrics) == ["accuracy", "recall_at_10", "mrr"]
    assert quality.metrics["mrr"] == Measured(0.25, 0.24, 0.26)
    assert quality.others["popularity"]["accuracy"].value == 0.5
    assert quality.others["random"]["accuracy"].value == 0.05
    assert quality.others["champion"]["accuracy"].value == pytest.approx(0.65)


def test_a_ranking_evaluation_likewise():
    quality = quality_of("ranking", ranking_evaluation(0.8), {})
    assert list(quality.metrics) == ["rmse", "mae", "r2"]
    assert {name: found["rmse"].value for name, found in quality.others.items()} == {"bias": 0.9, "global_mean": 1.1}


def test_without_evaluation_the_metadata_tells_without_intervals():
    metadata = {
        "Metric.rmse": "0.8",
        "Metric.bias_rmse": "0.9",
        "Metric.global_mean_mae": "1",
        "Metric.champion_r2": "0.1",
    }
    quality = quality_of("ranking", {}, metadata | {"Model": "ranking", "Metric.mae": "nan", "Metric.r2": "good"})
    assert quality.metrics == {"rmse": Measured(0.8)}
    assert quality.others == {
        "bias": {"rmse": Measured(0.9)},
        "global_mean": {"mae": Measured(1.0)},
        "champion": {"r2": Measured(0.1)},
    }


def test_the_evaluation_goes_before_the_metadata_which_adds_what_it_lacks():
    quality = quality_of("retrieval", retrieval_evaluation(0.7), {"Metric.accuracy": "0.1", "Metric.ndcg_at_10": "0.3"})
    assert quality.metrics["accuracy"].value == 0.7
    assert quality.metrics["ndcg_at_10"] == Measured(0.3)


@given(st.dictionaries(st.sampled_from(["regression_metrics", "baselines", "champion", "retrieval_metrics"]), JSON))
def test_no_document_however_odd_is_an_error(document):
    for measured in quality_of("ranking", document, {}).metrics.values():
        assert abs(measured.value) < float("inf")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        (b'{"a": NaN}', "bare NaN"),
        (b"[1]", "holds no JSON object"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_a_document_that_cannot_be_read_is_told_and_empty(body, told):
    document = parse_document(body, "gate.json")
    assert document.content == {}
    assert told in document.missing
    assert document.missing.startswith("gate.json ")


def test_parameters_are_found_where_sagemakers_schema_has_them():
    card = {
        "training_details": {
            "training_job_details": {
                "hyper_parameters": [{"name": "epochs", "value": "20"}, {"value": "nameless"}, 7],
                "user_provided_hyper_parameters": [{"name": "SplitSeed", "value": "42"}],
            }
        }
    }
    assert parameters_of(card) == {"epochs": "20", "SplitSeed": "42"}
    assert parameters_of({"training_details": "none"}) == {}
    assert Document().content == {}
