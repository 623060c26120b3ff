"""No log, and nothing that is told of a run, holds what a review says, who says it, or a credential.

Runs that fail on a server that stays, `taproom aws up`: what a failure says is written for people, and quotes things.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from markupsafe import escape

from taproom.account import Account, opened
from taproom.aws_server import start, stop
from taproom.deploy import deploy
from taproom.outcome import failures_of
from taproom.report.run_uri import run_uri
from tests.local.small_stacks import eventually
from tests.pipeline import planted
from tests.pipeline.deployed import PROJECT, Pipeline

pytestmark = pytest.mark.slow
HEADER = ["username", "beer_name", "score", "text", "style", "brewery_name", "note"]
GROUPS = {"/aws/lambda/taproom", "/aws/vendedlogs/states/taproom", "/aws/sagemaker/ProcessingJobs"}


@dataclass
class Server:
    """A server with the stack deployed, its folder, and a queue of what people are told."""

    work: Path
    account: Account
    pipeline: Pipeline
    queue: str


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Whoever starts it has credentials; the stack's jobs are the real ones."""
    work = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in planted.CREDENTIALS.items():
            patch.setenv(name, value)
        start(work, port=0)
    try:
        with opened(work) as account:
            outputs = deploy(
                account.client,
                PROJECT / "template.yaml",
                stack_name="taproom",
                parameters={"ScheduleState": "DISABLED", "UploadDebounceSeconds": "0"},
                artifact_bucket="taproom-artifacts-123456789012",
            )
            yield Server(work, account, Pipeline(account, outputs), told_to_a_queue(account, outputs))
    finally:
        stop(work / "aws")


def told_to_a_queue(account, outputs):
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    account.client("sns").subscribe(TopicArn=outputs["NotificationsTopicArn"], Protocol="sqs", Endpoint=arn)
    return url


def planted_file(folder, name, *parts):
    """A key, and a file of a header (or none) and rows to put there."""
    return f"reviews/{name}/{name}.csv", planted.write_rows(folder / f"{name}.csv", *parts)


@pytest.fixture(scope="module")
def failed(server, tmp_path_factory):
    """Runs that failed, by name, once all is told of them."""
    folder, pipeline = tmp_path_factory.mktemp("reviews"), server.pipeline
    rows = planted.planted_rows(HEADER)
    texts = planted.planted_rows(HEADER, ("4/5", planted.SCORE))  # no cell of them is a number
    unusable = planted.planted_rows(HEADER, (planted.SCORE, planted.SCORE))
    files = {
        "no header": planted_file(folder, "bare", texts),
        "more values": planted_file(folder, "ragged", HEADER, [*rows, [*rows[0], *"xyz"]]),
        "nothing left": planted_file(folder, "unusable", HEADER, unusable),
        "other names": planted_file(folder, "renamed", ["login", "beverage", *HEADER[2:]], rows),
    }
    runs = {name: pipeline.upload(key, path.read_bytes()) for name, (key, path) in files.items()}
    other = f"s3://{pipeline.bucket}/reviews/renamed/"
    given = {
        "a mapping": {"InputData": other, "Columns": {"User": "member", "Item": "beverage"}},
        "a key of the mapping": {"InputData": other, "Columns": {"Usr": planted.USER}},
        "a signed URL": {"InputData": planted.SIGNED},
        "secrets": {"AwsSecretAccessKey": planted.SECRET_KEY, "KmsKeyArn": planted.KEY, "Note": planted.BEARER},
    }
    runs |= {name: pipeline.start(parameters) for name, parameters in given.items()}
    messages = []
    while len(messages) < len(runs):
        messages += eventually(lambda: received(server), within=60)
    eventually(lambda: len([key for key in documents(server) if key.endswith("/report.html")]) == len(runs), within=60)
    return runs, messages


def received(server):
    """What people were told since the last look."""
    sqs = server.account.client("sqs")
    found = sqs.receive_message(QueueUrl=server.queue, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", [])
    for one in found:
        sqs.delete_message(QueueUrl=server.queue, ReceiptHandle=one["ReceiptHandle"])
    return [json.loads(one["Body"]) for one in found]


def documents(server):
    """All that the runs left in the bucket, by key."""
    s3, bucket = server.account.client("s3"), server.pipeline.bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="runs/")
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(errors="replace") for key in keys}


RENAMED = "its columns are 'login', 'beverage', 'score', 'text'"
CAUSES = {
    "no header": ("Preprocess", "bare.csv has no column 'username' for the user; its first line"),
    "more values": ("Preprocess", "ragged.csv, line 92 cannot be read: it has more values"),
    "nothing left": ("Preprocess", "no review is left of 90; dropped: not_a_number_score 90"),
    "other names": ("Preprocess", f"renamed.csv has no column 'username' for the user; {RENAMED}"),
    "a mapping": ("Preprocess", f"renamed.csv has no column 'member' for the user; {RENAMED}"),
    "a key of the mapping": ("TakeLease", "unknown key Columns.Usr; did you mean User?"),
    "a signed URL": ("TakeLease", 'received "https://planted-bucket.s3.amazonaws.com/reviews.csv?…"; allowed is s3://'),
    "secrets": ("TakeLease", "unknown key AwsSecretAccessKey"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_a_failure_tells_what_is_wrong_and_nothing_of_what_a_review_or_a_secret_says(failed, name):
    (failure,) = failures_of(failed[0][name])
    step, cause = CAUSES[name]
    assert failure.step == step
    assert cause in failure.cause
    assert planted.found_in({name: failure.cause + json.dumps(failed[0][name].execution.get("cause"))}) == []


def test_no_log_group_holds_planted_values(server, failed):
    found = planted.log_groups(server.account.client("logs"))
    assert {name.split()[0] for name, text in found.items() if text} == GROUPS
    for run in failed[0].values():
        assert any(run.execution["executionArn"] in text for name, text in found.items() if "/states/" in name)
    assert planted.found_in(found) == []


def test_no_log_of_the_server_holds_planted_values(server, failed):
    server_log = (server.work / "aws-server.log").read_text()
    assert "Job preprocess-" in server_log
    assert planted.found_in_logs(server.work, server_log) == []


def test_nothing_that_is_told_of_a_failed_run_holds_planted_values(server, failed):
    """Its report, its costs, what it was asked for; and the message to people."""
    runs, messages = failed
    found = documents(server)
    names = {key.rpartition("/")[2] for key in found}
    assert {"report.html", "costs.json", "request.json", "reviews-manifest.json"} <= names
    for run in runs.values():  # a page shows what the operator gave, in one place
        key = run_uri(server.pipeline.bucket, run.execution["executionArn"]).split("/", 3)[3] + "report.html"
        given = str(escape(run.execution["input"]))
        assert found[key].count(given) == 1
        found[key] = found[key].replace(given, "")
    assert planted.found_in(found) == []
    assert len({one["Subject"] for one in messages}) == len(runs)
    assert planted.found_in({one["Subject"]: json.dumps(one) for one in messages}) == []
