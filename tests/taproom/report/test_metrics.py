"""Metrics beside baselines, champion and threshold."""

from __future__ import annotations

import pytest

from taproom.registry.quality import Measured
from taproom.report.metrics import metrics_of, named
from tests.taproom.report.runs import registered

GATE = {"metric": "retrieval_metrics.recall_at_50", "threshold": 0.3}


@pytest.fixture
def evaluation(tmp_path):
    return registered(tmp_path).json("evaluation", "retrieval.json")


def test_each_metric_stands_beside_the_others_and_the_gates_threshold_beside_its_own(evaluation):
    told = metrics_of("retrieval", evaluation, GATE)
    assert told.columns == ["popularity", "random", "champion"]
    by_key = {row.key: row for row in told.rows}
    assert by_key["accuracy"].measured == Measured(0.75, 0.7, 0.8)
    assert [one and one.value for one in by_key["accuracy"].others] == [0.4, 0.01, 0.6]
    assert [one and one.value for one in by_key["mrr"].others] == [0.2, None, None]
    assert {key: row.threshold for key, row in by_key.items() if row.threshold} == {"recall_at_50": 0.3}


def test_the_threshold_is_in_the_chart_and_its_title(evaluation):
    chart = metrics_of("retrieval", evaluation, GATE).figures[0]
    assert chart.title == "Values with 95 % intervals; the mark is the threshold 0.3"
    assert [row for row in chart.rows if row[1] == "threshold"] == [["recall at 50", "threshold", 0.3, "", ""]]
    assert "threshold" not in metrics_of("retrieval", evaluation, {}).figures[0].title


def test_recall_by_k_is_in_the_order_of_k(evaluation):
    chart = next(one for one in metrics_of("retrieval", evaluation, {}).figures if one.title == "Recall by k")
    assert [row[:3] for row in chart.rows if row[1] == "model"] == [
        [10, "model", pytest.approx(0.15)],
        [50, "model", 0.375],
        [100, "model", pytest.approx(0.525)],
        [500, "model", 0.75],
    ]


def test_slices_stand_with_their_size_an_empty_one_without_values(evaluation):
    told = metrics_of("retrieval", evaluation, {})
    assert told.slice_columns == ["top-500 accuracy", "recall at 100"]
    assert [(one.name, one.size, [value and value.value for value in one.values]) for one in told.slices] == [
        ("items head", "5 reviews", [0.9, 0.6]),
        ("users unknown", "0 users", [None, None]),
    ]
    chart = next(one for one in told.figures if one.title == "top-500 accuracy by slice")
    assert [row[:3] for row in chart.rows] == [["items head", "model", 0.9], ["items head", "champion", 0.9]]


@pytest.mark.parametrize("value", [None, [], 3, {}, {"retrieval_metrics": {"mrr": {"value": "high"}}}])
def test_what_measured_nothing_is_none(value):
    assert metrics_of("retrieval", value, {}) is None


def test_metrics_have_names_for_people():
    assert [named("accuracy", 500), named("recall_at_10"), named("ndcg_at_10"), named("rmse")] == [
        *("top-500 accuracy", "recall at 10", "NDCG at 10", "RMSE"),
    ]
