"""Runs that were played to their end, told by their documents: compared version by version, and page by page."""

from __future__ import annotations

import re

import pytest

from taproom.account import Account
from taproom.compare import compare_versions, write_page
from taproom.costs import HOUR
from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.outcome import failures_of
from taproom.report.lineage import prepared_of
from tests.local.small_stacks import eventually
from tests.pipeline.deployed import TINY_TRAINING, deployed, evaluation, project_with, script

pytestmark = pytest.mark.slow
COUNTED = {"read": 1_200, "kept": 1_000, "users": 90, "items": 40, "train": 850, "test": 150, "dropped": {}}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The account, and three runs: of all jobs, of all but preprocessing, and of other reviews."""
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock(skip_waits=True)) as aws:
        on = {"ScheduleState": "DISABLED", "UploadDebounceSeconds": "0", "ReportState": "ENABLED"}
        pipeline = deployed(aws, folder / "template.yaml", **on)
        runs = [pipeline.upload("reviews/a.csv", script(counted=COUNTED))]
        aws.background.settle(60.0)
        runs.append(pipeline.start({"TrainingEpochs": 3}))
        better = script(counted=COUNTED | {"kept": 1_100}, evaluation=evaluation(0.8))
        runs.append(pipeline.upload("reviews/a.csv", better))
        aws.background.settle(60.0)
        assert [failures_of(one) for one in runs] == [[], [], []]
        yield Account(aws.client, True, aws.region, aws.endpoint_url), pipeline, runs


def page_of(pipeline, run):
    prefix = prepared_of(run)["RunPrefix"]
    bucket, _, key = prefix.removeprefix("s3://").partition("/")
    return pipeline.aws.client("s3").get_object(Bucket=bucket, Key=f"{key}report.html")["Body"].read().decode()


def test_each_version_has_the_numbers_of_its_run(played, tmp_path):
    account, pipeline, runs = played
    compared = compare_versions(account, "taproom", ["retrieval", "ranking"], 10)
    for one in compared:
        rows = one.rows[::-1]
        assert [row.execution for row in rows] == [run.execution["name"] for run in runs]
        assert [row.missing for row in rows] == [{}, {}, {}]
        assert [row.size("reviews") for row in rows] == [1_000, 1_000, 1_100]
        for row, run in zip(rows, runs, strict=True):
            costs = pipeline.document(f"{prepared_of(run)['RunPrefix']}costs.json")
            prices = prepared_of(run)["Budget"]["Steps"]
            jobs = {job["Step"]: job for job in costs["Jobs"]}
            usd = {step: job["Seconds"] * prices[step]["UsdPerHour"] / HOUR for step, job in jobs.items()}
            assert row.spending.usd == pytest.approx(sum(usd.values()), abs=0.00005 * len(usd))
            assert row.spending.usd > 0
            assert row.spending.training_seconds == jobs[f"Train{one.model.capitalize()}"]["Seconds"] > 0
    retrieval = compared[0]
    assert [row.metrics["accuracy"].value for row in retrieval.rows] == [0.8, 0.75, 0.75]
    assert retrieval.changes[1].parameters == {"TrainingEpochs": ("20", "3")}
    assert retrieval.changes[0].data["kept"] == (1_000, 1_100)
    page = write_page(compared, "taproom", tmp_path / "compare.html").read_text()
    assert "Not recorded" not in page
    assert "Measured on other held-out reviews than the version before: 3." in page


def test_steps_of_an_earlier_run_cost_nothing_and_its_report_is_named_where_it_is(played):
    _, pipeline, (first, second, _) = played
    costs = pipeline.document(f"{prepared_of(second)['RunPrefix']}costs.json")
    assert "Preprocess" not in {job["Step"] for job in costs["Jobs"]}
    page = page_of(pipeline, second)
    assert f"{prepared_of(first)['RunPrefix']}report.html" in page
    assert page_of(pipeline, first)
    assert re.findall(r'<a [^>]*href="[^#]', page) == []


def test_a_run_that_somebody_stopped_has_a_report_that_says_where(played, tmp_path):
    _, pipeline, _ = played
    stepfunctions, sagemaker = (pipeline.aws.client(one) for one in ("stepfunctions", "sagemaker"))
    known = {one["executionArn"] for one in pipeline.executions()}
    pipeline.put("reviews/a.csv", script(until=str(tmp_path / "never")))
    eventually(lambda: sagemaker.list_processing_jobs(StatusEquals="InProgress")["ProcessingJobSummaries"], within=60)
    (arn,) = {one["executionArn"] for one in pipeline.executions()} - known
    stepfunctions.stop_execution(executionArn=arn, error="Enough", cause="wrong <file>")
    stopped = pipeline.finished(arn)
    pipeline.aws.background.settle(60.0)
    page = page_of(pipeline, stopped)
    assert "<h1>Aborted at Preprocess.</h1>" in page
    assert "wrong &lt;file&gt;" in page
    assert f"<code>taproom redrive {stopped.execution['name']}</code>" in page
