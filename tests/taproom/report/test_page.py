"""The report of a run, whatever became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from taproom.follow import Snapshot
from taproom.report import verdict, write_report
from taproom.report.data import review_counts
from tests.taproom.histories import LAST_RUN, cached, nothing_new

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
REGISTERED = {
    "Model": "Retrieval",
    "Status": "Registered",
    "Reason": "top-500 accuracy 0.75 reaches AccuracyTop500Threshold 0.5",
    "Metrics": {"accuracy": 0.75},
}
FAILED = {
    "Model": "Retrieval",
    "Status": "Failed",
    "Reason": "TrainRetrieval failed with JobFailed",
    "Step": "TrainRetrieval",
    "Error": "JobFailed",
    "Cause": "TrainRetrieval: job train-1 failed: the script says <no>",
}


def snapshot(status, *results):
    """An execution that ended after the branches, with the results of its models."""
    execution = {"name": "one", "status": status, "startDate": BEGIN, "stopDate": BEGIN, "input": "{}"}
    output = json.dumps({"Models": results})
    ended = {"name": "Models", "output": output}
    event = {"id": 1, "type": "ParallelStateExited", "timestamp": BEGIN, "stateExitedEventDetails": ended}
    return Snapshot(execution, [event], [])


def test_a_failed_model_has_a_report_that_names_step_and_cause(tmp_path):
    page = write_report(snapshot("FAILED", FAILED), tmp_path).read_text()
    assert "Failed at TrainRetrieval" in page
    assert "the script says &lt;no&gt;" in page


def test_the_report_shows_the_decision_and_how_many_reviews_were_dropped_and_why(tmp_path):
    (tmp_path / "data").mkdir()
    manifest = {
        "read": 1200,
        "dropped": {"missing_score": 17, "duplicate": 0},
        "kept": 1183,
        "train": 1000,
        "test": 183,
    }
    (tmp_path / "data" / "manifest.json").write_text(json.dumps(manifest))
    page = write_report(snapshot("SUCCEEDED", REGISTERED), tmp_path).read_text()
    assert REGISTERED["Reason"] in page
    for name, count, told in (("read", 1200, "1,200"), ("dropped: missing score", 17, "17"), ("kept", 1183, "1,183")):
        assert f'{name}</th><td class="number"><data value="{count}">{told}</data></td>' in page
    assert "duplicate" not in page


@pytest.mark.parametrize(
    "written",
    ["[1]", "no JSON", '{"retrieval_metrics": [1]}', '{"retrieval_metrics": {"mrr": 1}}', '{"baselines": 3}'],
)
def test_an_evaluation_of_another_form_does_not_keep_a_failed_run_from_its_report(tmp_path, written):
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "retrieval.json").write_text(written)
    assert "the script says" in write_report(snapshot("FAILED", FAILED), tmp_path).read_text()


def test_the_report_shows_each_rule_of_the_gate_literally(tmp_path):
    rule = {"Rule": "champion", "Verdict": "failed", "Reason": "0.6 is <below> 0.7"}
    page = write_report(snapshot("SUCCEEDED", REGISTERED | {"Gate": [rule]}), tmp_path).read_text()
    assert "0.6 is &lt;below&gt; 0.7" in page


def test_reviews_are_counted_in_the_order_in_which_they_go():
    manifest = {"kept": 3, "read": 5, "dropped": {"missing_user": 2}, "train": 2, "test": 1, "users": 1, "items": 3}
    assert list(review_counts(manifest)) == ["read", "dropped: missing user", "kept", "train", "test", "users", "items"]
    assert review_counts(None) == {}


def test_cached_steps_are_told_with_the_run_that_they_are_of(tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    page = write_report(cached().snapshot(), folder).read_text()
    first = '<a data-run="first">first</a>'
    assert f'Preprocess</th><td><span class="cached">cached</span> <span class="soft">from {first}</span>' in page
    assert f"Not run again: Preprocess, TrainRetrieval, taken (↺) from {first}." in page
    assert '<th scope="row">LookUp' not in page


def test_a_run_with_nothing_new_is_told_as_that(tmp_path):
    page = write_report(nothing_new(LAST_RUN).snapshot(), tmp_path).read_text()
    assert "<h1>Nothing new, so no job ran.</h1>" in page


def test_where_nothing_was_new_the_run_that_made_what_there_is_is_named(tmp_path):
    (tmp_path / "earlier-reports.json").write_text('{"first": "s3://data/runs/first-1/report.html", "other": 3}')
    page = write_report(nothing_new(LAST_RUN).snapshot(), tmp_path).read_text()
    assert 'Reviews, code and parameters are those of <a data-run="first">first</a>' in page
    assert "s3://data/runs/first-1/report.html" in page


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (
            [
                ("Retrieval", "Registered", 1, "PendingManualApproval"),
                ("Ranking", "Registered", 4, "PendingManualApproval"),
            ],
            "Retrieval version 1 and Ranking version 4 are registered and wait for approval.",
        ),
        (
            [("Retrieval", "Rejected", None, None), ("Ranking", "Registered", 2, "PendingManualApproval")],
            "Retrieval was rejected; Ranking version 2 is registered and waits for approval.",
        ),
        (
            [("Retrieval", "Rejected", None, None), ("Ranking", "Rejected", None, None)],
            "Retrieval and Ranking were rejected.",
        ),
        ([("Retrieval", "Registered", 3, "Approved")], "Retrieval version 3 is registered and approved."),
        (
            [("Retrieval", "Failed", None, None), ("Ranking", "Registered", 2, "Approved")],
            "Failed at TrainRetrieval; Ranking version 2 is registered and approved.",
        ),
    ],
)
def test_the_verdict_says_what_came_of_each_model(results, told):
    keys = ("Model", "Status", "ModelPackageVersion", "ModelApprovalStatus")
    documents = [dict(zip(keys, one, strict=True)) | {"Step": f"Train{one[0]}"} for one in results]
    status = "FAILED" if any(one["Status"] == "Failed" for one in documents) else "SUCCEEDED"
    assert verdict(snapshot(status, *documents)) == told


def test_a_failure_names_the_command_that_goes_on(tmp_path):
    page = write_report(snapshot("FAILED", FAILED), tmp_path).read_text()
    assert "<code>taproom rerun one</code>" in page
