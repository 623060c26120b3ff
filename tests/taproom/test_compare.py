"""What `taproom compare` makes of versions: rows, figures, changes, a page."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from taproom.compare.charts import figures_of
from taproom.compare.page import section_of, write_page
from taproom.compare.spending import Books, Spending
from taproom.registry.documents import Document
from tests.taproom.compared import GONE, comparison, gate, record, retrieval_with_a_gap
from tests.taproom.registered import ranking_evaluation, retrieval_evaluation

NASTY = '<img src=x onerror="pwned=1"><script>pwned=1</script>'


def figures(compared):
    return {one.title: one for one in figures_of(compared)}


def test_the_main_metric_stands_beside_baseline_and_threshold_from_the_oldest_version_on():
    drawn = figures(retrieval_with_a_gap())["top-500 accuracy"]
    assert list(drawn.columns) == ["version", "of", "value", "from", "to"]
    assert drawn.rows == [
        ["1", "model", 0.6, pytest.approx(0.59), pytest.approx(0.61)],
        ["3 ★", "model", 0.65, pytest.approx(0.64), pytest.approx(0.66)],
        ["4", "model", 0.7, pytest.approx(0.69), pytest.approx(0.71)],
        *([label, "popularity", 0.5, pytest.approx(0.49), pytest.approx(0.51)] for label in ("1", "3 ★", "4")),
        *([label, "threshold", 0.5, "", ""] for label in ("1", "2", "3 ★", "4")),
    ]
    assert "model 1: 0.6, 2: not recorded, 3 ★: 0.65, 4: 0.7; popularity" in drawn.svg


def test_sizes_time_and_cost_are_drawn_with_their_gaps():
    drawn = figures(retrieval_with_a_gap())
    assert drawn["Reviews"].rows == [["1", "reviews", 1000], ["3 ★", "reviews", 2000], ["4", "reviews", 2000]]
    assert drawn["Users and items"].rows == [
        *([label, "users", 90] for label in ("1", "3 ★", "4")),
        *([label, "items", 40] for label in ("1", "3 ★", "4")),
    ]
    assert drawn["Training time"].rows == [["1", "seconds", 10.0], ["3 ★", "seconds", 30.0], ["4", "seconds", 40.0]]
    assert drawn["Cost of the run"].rows == [["1", "USD", 0.5], ["3 ★", "USD", 1.5], ["4", "USD", 2.0]]


def test_a_line_is_broken_at_a_gap():
    with_gap = figures(retrieval_with_a_gap())["Reviews"].svg
    whole = figures(comparison([record(1), record(2), record(3)]))["Reviews"].svg
    assert _moves(with_gap) == 2
    assert _moves(whole) == 1


def _moves(svg):
    """How often the pen is set down in the chart's line."""
    line = svg.split("mark-line", 1)[1]
    return line.split('d="', 1)[1].split('"', 1)[0].count("M")


def test_what_no_version_has_is_not_drawn():
    nothing = Spending(None, None, {"cost": "no", "training time": "no"})
    assert figures(comparison([record(1, evaluation=GONE, data=GONE)], {1: nothing})) == {}


def test_ranking_has_its_own_metrics_and_no_threshold_where_none_is_set():
    one = record(1, "ranking", evaluation=ranking_evaluation(0.75))
    one.gate.content["parameters"]["threshold"] = None
    drawn = figures(comparison([one]))
    assert [row[:3] for row in drawn["RMSE"].rows] == [["1 ★", "model", 0.75], ["1 ★", "bias", 0.9]]
    assert [row[1] for row in drawn["MAE"].rows] == ["model"]


def test_the_threshold_is_of_the_metric_that_the_gate_looked_at():
    one = record(1)
    one.gate.content["parameters"]["metric"] = "retrieval_metrics.recall_at_10"
    (row,) = comparison([one]).rows
    assert (row.threshold("accuracy"), row.threshold("recall_at_10")) == (None, 0.5)
    assert row.document()["threshold"] == {"recall_at_10": 0.5}


def test_what_changed_is_told_of_neighbours():
    changes = retrieval_with_a_gap().changes
    assert [(one.first.version.number, one.second.version.number) for one in changes] == [(3, 4), (2, 3), (1, 2)]
    assert changes[0].parameters == {"LearningRate": (None, "0.1")}
    assert (changes[0].same_code, changes[0].code, changes[0].data) == (False, ("c0de", "0ther"), {})
    assert changes[1].parameters == {"TrainingEpochs": ("20", "5")}
    assert (changes[1].same_code, changes[1].same_test_set) == (True, False)


def test_the_document_holds_all_numbers_and_why_some_are_missing():
    document = retrieval_with_a_gap().document()
    json.dumps(document, allow_nan=False)
    newest, champion, gap, _ = document["versions"]
    assert (document["champion"], champion["version"], champion["champion"], newest["champion"]) == (3, 3, True, False)
    assert (newest["metrics"]["accuracy"]["value"], newest["metrics"]["ndcg_at_10"]["value"]) == (0.7, 0.3)
    assert (newest["reviews"], newest["users"], newest["items"]) == (2_000, 90, 40)
    assert (newest["training_seconds"], newest["usd"], newest["execution"]) == (40.0, 2.0, "run-4")
    assert newest["gate"] == {"passed": True, "reason": "good enough"}
    assert (gap["metrics"], gap["reviews"], gap["usd"], gap["training_seconds"]) == ({}, None, None, None)
    assert set(gap["missing"]) == {"evaluation", "data", "cost", "training time"}


def test_the_page_is_whole_and_says_what_is_not_recorded(tmp_path):
    compared = retrieval_with_a_gap()
    page = write_page([compared], "taproom", tmp_path / "compare.html").read_text()
    assert "<h1>The last 4 versions of retrieval</h1>" in page
    assert "<li>Version 2, cost: no costs.json</li>" in page
    assert "<dt>Data</dt><dd>not recorded</dd>" in " ".join(page.split()).replace("<dd> ", "<dd>").replace(
        " </dd>", "</dd>"
    )
    assert "LearningRate not set → 0.1" in page
    assert page.count("measured on other held-out reviews") == 1
    assert "http" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "").replace("http-equiv", "")
    assert [number for number, _, _ in section_of(compared).gaps] == [2, 2, 2, 2]


def test_texts_of_others_are_escaped(tmp_path):
    one = record(1, evaluation=retrieval_evaluation(0.6), parameters={NASTY: 1})
    other = record(2, evaluation=retrieval_evaluation(0.7), CodeDigest=NASTY, ExecutionArn=f"arn:{NASTY}")
    other.gate.content["reason"] = NASTY
    page = write_page([comparison([one, other])], "taproom", tmp_path / "compare.html").read_text()
    assert "<img" not in page
    assert "<script" not in page
    assert page.count("&lt;img src=x") >= 4


def test_documents_of_another_form_are_gaps(tmp_path):
    one = record(1, evaluation=Document({"retrieval_metrics": [1]}), data=Document({"kept": "many", "users": -1}))
    one.gate.content.update(passed="yes", reason=3, parameters=[0.5])
    compared = comparison([one])
    (row,) = compared.rows
    assert (row.metrics, row.size("reviews"), row.size("users"), row.passed, row.reason) == ({}, None, None, None, "")
    assert gate()["passed"] is True
    write_page([compared], "taproom", tmp_path / "compare.html")


class Bucket:
    """S3 with these objects."""

    def __init__(self, **objects):
        self.objects, self.asked = objects, []

    def get_object(self, Bucket, Key):
        self.asked.append(Key)
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(json.dumps(self.objects[Key]).encode())}


class Jobs:
    """SageMaker, which knows one training job, or refuses to tell."""

    def __init__(self, job=None, refusal="ValidationException"):
        self.job, self.refusal = job, refusal

    def describe_training_job(self, TrainingJobName):
        if self.job is None or TrainingJobName != self.job["TrainingJobName"]:
            raise ClientError({"Error": {"Code": self.refusal}}, "DescribeTrainingJob")
        return self.job


ENDED = {
    "TrainingJobName": "train-1",
    "TrainingJobStatus": "Completed",
    "TrainingStartTime": datetime(2026, 11, 1, 6, 0, tzinfo=UTC),
    "TrainingEndTime": datetime(2026, 11, 1, 6, 3, tzinfo=UTC),
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
}


def test_costs_json_of_a_run_is_read_once_for_time_and_cost():
    costs = {"Usd": 0.25, "Jobs": [{"JobName": "other", "Seconds": 1.0}, {"JobName": "train-1", "Seconds": 9.5}]}
    bucket = Bucket(**{"runs/run-1/costs.json": costs})
    assert Books(bucket, Jobs()).of(record(1)) == Spending(9.5, 0.25, {})
    assert bucket.asked == ["runs/run-1/costs.json"]


def test_sagemaker_tells_the_time_where_there_is_no_costs_json():
    spent = Books(Bucket(), Jobs(ENDED)).of(record(1))
    assert (spent.training_seconds, spent.usd, set(spent.missing)) == (180.0, None, {"cost"})
    billed = Books(Bucket(), Jobs(ENDED | {"BillableTimeInSeconds": 54})).of(record(1))
    assert billed.training_seconds == 54


@pytest.mark.parametrize(
    ("jobs", "why"),
    [
        (Jobs(), "SageMaker does not know it"),
        (Jobs(refusal="AccessDeniedException"), "cannot be described (AccessDeniedException)"),
        (Jobs({**ENDED, "TrainingJobStatus": "InProgress", "TrainingEndTime": None}), "has not ended"),
    ],
)
def test_a_time_that_nobody_tells_is_a_gap_with_its_reason(jobs, why):
    spent = Books(Bucket(), jobs).of(record(1))
    assert spent.training_seconds is None
    assert why in spent.missing["training time"]


def test_a_price_that_was_not_known_is_a_gap():
    bucket = Bucket(**{"runs/run-1/costs.json": {"Usd": None, "Jobs": [{"JobName": "train-1", "Seconds": 9.5}]}})
    spent = Books(bucket, Jobs()).of(record(1))
    assert (spent.training_seconds, spent.usd) == (9.5, None)
    assert "was not known" in spent.missing["cost"]
