"""What a page is made of, fetched from an account, and where the page goes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from taproom.collect import collect
from taproom.report import write_report
from taproom.report.gather import LARGEST, fetch, gather
from taproom.report.job_logs import said
from taproom.report.publish import publish
from taproom.report.run_uri import run_uri, run_uri_of
from tests.taproom.histories import ARN, EARLIER, cached, taken

RUN = "s3://data/runs/second-1/"


@pytest.fixture
def bucket(local_aws):
    """Puts objects of which each says its own key, or what is given, into a bucket that is empty first."""
    s3 = local_aws.client("s3")
    if "data" in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
        for one in s3.list_objects_v2(Bucket="data").get("Contents", ()):
            s3.delete_object(Bucket="data", Key=one["Key"])
    else:
        s3.create_bucket(Bucket="data")

    def put(*keys, **documents):
        for key in keys:
            s3.put_object(Bucket="data", Key=key, Body=key.encode())
        for key, document in documents.items():
            s3.put_object(Bucket="data", Key=key, Body=json.dumps(document).encode())

    return put


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def say(aws, group, stream, *lines):
    logs = aws.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(datetime.now(UTC).timestamp() * 1000)
    for first in range(0, len(lines), 5000):
        events = [{"timestamp": now, "message": line} for line in lines[first : first + 5000]]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_small_documents_are_fetched_and_nothing_else(local_aws, bucket, tmp_path):
    own = ["request.json", "cache/Preprocess.json", "gate/retrieval/gate.json", "evaluation/retrieval/evaluation.json"]
    bucket(*(f"runs/second-1/{name}" for name in (*own, "data/train.parquet", "models/retrieval/x/model.tar.gz")))
    jobs = [{"Step": step, "JobName": f"job-{step}"} for step in ("Preprocess", "TrainRetrieval")]
    bucket(
        *("runs/first-1/data/train.parquet", "runs/first-1/data/manifest.json", "runs/first-1/report.html"),
        *(f"runs/first-1/logs/job-{step}.log" for step in ("Preprocess", "TrainRetrieval")),
        **{"runs/first-1/costs.json": {"Jobs": jobs}},
    )
    folder = gather(local_aws.client, cached().snapshot(), RUN, tmp_path)
    made = {
        "evaluation/retrieval.json": "runs/second-1/evaluation/retrieval/evaluation.json",
        "data/manifest.json": "runs/first-1/data/manifest.json",  # taken from there
        **{name: f"runs/second-1/{name}" for name in own[:3]},
    }
    assert folder == tmp_path / "second"
    assert {name: (folder / name).read_text() for name in made} == made
    assert files_of(folder) == made.keys() | {"costs.json", "model-packages.json", "earlier-reports.json"}
    assert files_of(tmp_path / "first") == {"costs.json", "logs/job-TrainRetrieval.log"}


def compared(last_run):
    prepare = {"Outcome": "Run", "RunPrefix": RUN, "LastRun": last_run}
    return taken().passed("Prepare", Prepare=prepare).ended().snapshot()


@pytest.mark.parametrize("is_cached", [False, True])
def test_the_data_is_compared_with_the_run_that_finished_last(local_aws, bucket, tmp_path, is_cached):
    last = run_uri("data", EARLIER).removeprefix("s3://data/")
    origin = run_uri("data", ARN.format("older")).removeprefix("s3://data/")
    place = origin if is_cached else last
    bucket(**{f"{place}data/manifest.json": {"read": 7}, f"{last}cache/Preprocess.json": {"From": ARN.format("older")}})
    finished = {"ExecutionArn": EARLIER, "FinishedAt": "2026-01-04T09:30:59+00:00"}
    gather(local_aws.client, compared(finished), RUN, tmp_path)
    assert json.loads((tmp_path / "first" / "data" / "manifest.json").read_text()) == {"read": 7}
    told = json.loads((tmp_path / "first" / "execution.json").read_text())
    assert told == {"name": "first", "stopDate": finished["FinishedAt"]}


@pytest.mark.parametrize("last", [None, {}, {"ExecutionArn": EARLIER}, {"ExecutionArn": 3}])
def test_without_an_earlier_manifest_nothing_is_compared(local_aws, bucket, tmp_path, last):
    gather(local_aws.client, compared(last), RUN, tmp_path)
    assert not (tmp_path / "first" / "execution.json").exists()


def test_a_document_that_is_too_large_is_left_out(local_aws, bucket, tmp_path):
    s3 = local_aws.client("s3")
    for size, is_there in ((LARGEST, True), (LARGEST + 1, False)):
        s3.put_object(Bucket="data", Key=f"of-{size}", Body=bytes(size))
        assert fetch(s3, f"s3://data/of-{size}", tmp_path / str(size)) is is_there
        assert (tmp_path / str(size)).exists() is is_there


def test_the_log_of_a_job_is_read_to_its_last_line(local_aws):
    group = "/aws/sagemaker/TrainingJobs"
    lines = [f"epoch={n}" for n in range(12_000)]  # more than CloudWatch answers at once
    say(local_aws, group, "job-1/algo-1-0", *lines)
    say(local_aws, group, "job-10/algo-1-0", "of another job")
    assert list(said(local_aws.client("logs"), group, "job-1")) == lines
    assert list(said(local_aws.client("logs"), group, "job-2")) == []
    assert list(said(local_aws.client("logs"), "/aws/sagemaker/NoSuchJobs", "job-1")) == []


def failed():
    history = taken().add("TaskStateEntered", name="Preprocess", input="{}")
    history.add("TaskScheduled", 9.0, parameters=json.dumps({"ProcessingJobName": "preprocess-1"}))
    history.add("TaskFailed", error="SageMaker.JobFailed", cause="it is broken")
    return history.add("ExecutionFailed", error="JobFailed", cause="it is broken").snapshot("FAILED")


def test_of_a_job_that_failed_the_log_comes_too(local_aws, bucket, tmp_path):
    say(local_aws, "/aws/sagemaker/ProcessingJobs", "preprocess-1/algo-1-0", "first", "last")
    folder = gather(local_aws.client, failed(), RUN, tmp_path)
    assert (folder / "logs" / "preprocess-1.log").read_text() == "first\nlast\n"


def test_a_page_is_collected_where_it_tells_of_the_same_end(local_aws, bucket, tmp_path):
    snapshot = failed()
    run, s3 = run_uri_of(snapshot, "data"), local_aws.client("s3")
    folder = gather(local_aws.client, snapshot, run, tmp_path / "there")
    (folder / "report.html").write_text("by the function")
    assert publish(s3, snapshot, folder, run) == f"{run}report.html"

    def collected(of, bucket="data"):
        return (collect(local_aws.client, of, tmp_path / "here", bucket=bucket) / "report.html").read_text()

    assert collected(snapshot) == "by the function"
    later = failed()
    later.execution["stopDate"] = datetime(2026, 1, 6, tzinfo=UTC)  # it was redriven, and failed again
    assert "it is broken" in collected(later)
    assert collected(snapshot) == "by the function"
    assert "it is broken" in collected(snapshot, bucket="")  # where it lies is not known


def collected_beside(local_aws, runs, *names):
    """The page of ``cached``, gathered, written and put into the bucket, and collected beside runs of these names."""
    for name in names:
        (runs / name).mkdir(parents=True)
        (runs / name / "report.html").write_text("<!doctype html>")
    s3, snapshot = local_aws.client("s3"), cached().snapshot()
    run = run_uri_of(snapshot, "data")
    folder = gather(local_aws.client, snapshot, run, runs / "function")
    write_report(snapshot, folder)
    there = published(s3, publish(s3, snapshot, folder, run))
    return there, (collect(local_aws.client, snapshot, runs, bucket="data") / "report.html").read_text()


def published(s3, uri):
    place = urlsplit(uri)
    return s3.get_object(Bucket=place.netloc, Key=place.path[1:])["Body"].read().decode()


def test_an_earlier_run_is_told_by_its_place_in_s3_and_linked_where_it_is_collected(local_aws, bucket, tmp_path):
    bucket(f"{run_uri('data', EARLIER).removeprefix('s3://data/')}report.html")
    there, here = collected_beside(local_aws, tmp_path / "runs", "first")
    assert re.findall(r'<a [^>]*href="([^#"][^"]*)"', there) == []  # a page in S3 is opened by an address of its own
    (uri,) = set(re.findall(r"s3://[^ <]*/report\.html", there))
    assert published(local_aws.client("s3"), uri)
    (link,) = set(re.findall(r'<a [^>]*href="([^#"][^"]*)"', here))
    assert (tmp_path / "runs" / "second" / link).resolve() == tmp_path / "runs" / "first" / "report.html"


def test_an_earlier_run_without_a_report_is_only_named(local_aws, bucket, tmp_path):
    for page in collected_beside(local_aws, tmp_path / "runs", "other"):
        assert '<a data-run="first">first</a>' in page
        assert re.findall(r's3://[^ <]*/report\.html|<a [^>]*href="[^#"]', page) == []


def test_what_later_reports_read_lies_beside_the_page(local_aws, bucket, tmp_path):
    s3, snapshot = local_aws.client("s3"), cached().snapshot()
    folder = gather(local_aws.client, snapshot, RUN, tmp_path)
    (folder / "logs").mkdir()
    (folder / "logs" / "train-1.log").write_text("epoch=1")
    (folder / "report.html").write_text("<!doctype html>")
    publish(s3, snapshot, folder, RUN)
    keys = {one["Key"] for one in s3.list_objects_v2(Bucket="data", Prefix="runs/")["Contents"]}
    assert keys == {f"runs/second-1/{name}" for name in ("costs.json", "logs/train-1.log", "report.html")}
    page = s3.get_object(Bucket="data", Key="runs/second-1/report.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
