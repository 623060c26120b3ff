"""Many events of forty uploads while an execution runs: one further execution trains, on all of them."""

from __future__ import annotations

import json
import random
import time

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.local.eventbridge import put_event
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with, script

pytestmark = pytest.mark.slow
FILES = 40
LIMIT = 300.0  # seconds


@pytest.fixture
def pipeline(tmp_path):
    folder = project_with(TINY_TRAINING, tmp_path / "project")
    with LocalAws(tmp_path / "aws", Clock(skip_waits=True)) as aws:
        yield deployed(aws, folder / "template.yaml", ScheduleState="DISABLED")


def created(bucket, key, etag):
    """S3's event of an upload, as EventBridge delivers it."""
    described = {"key": key, "size": 9, "etag": etag, "sequencer": "0"}
    detail = {"version": "0", "bucket": {"name": bucket}, "object": described, "reason": "PutObject"}
    arn = f"arn:aws:s3:::{bucket}"
    return {"detail-type": "Object Created", "source": "aws.s3", "resources": [arn], "detail": detail}


def executions(pipeline):
    pages = pipeline.aws.client("stepfunctions").get_paginator("list_executions")
    return [one for page in pages.paginate(stateMachineArn=pipeline.machine) for one in page["executions"]]


def send(pipeline, events):
    """A batch of events at once, in threads of their own; returns when each has had its execution."""
    for event in events:
        put_event(pipeline.aws, event)
    assert pipeline.aws.background.settle(LIMIT)


def all_ended(pipeline):
    """Every execution, once none runs any more and none is about to."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        assert pipeline.aws.background.settle(LIMIT)  # an end may be about to start the next one
        ended = executions(pipeline)
        running = [one["name"] for one in ended if one["status"] == "RUNNING"]
        if not running and not rows(pipeline):  # nothing waits, and nobody has the lease
            return ended
        time.sleep(0.1)
    raise AssertionError(f"{running} still run, of {len(ended)}; {rows(pipeline)}")


def preprocessing(pipeline):
    """Wait until an execution has read which reviews there are."""
    sagemaker, deadline = pipeline.aws.client("sagemaker"), time.monotonic() + LIMIT
    while not sagemaker.list_processing_jobs()["ProcessingJobSummaries"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def output_of(pipeline, execution):
    described = pipeline.aws.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    return json.loads(described["output"])


def rows(pipeline):
    kept = pipeline.aws.client("dynamodb").scan(TableName="taproom-runs")["Items"]
    return [(row["Kind"]["S"], row["Id"]["S"]) for row in kept if row["Kind"]["S"] in ("lease", "pending")]


@pytest.mark.parametrize("events", [120, pytest.param(1_000, marks=pytest.mark.long)])
def test_events_of_forty_files_during_a_run_lead_to_one_more_that_sees_them_all(pipeline, tmp_path, events):
    chance = random.Random(5)
    go_on = tmp_path / "go on"
    keys = [f"reviews/many/{number:02}.csv" for number in range(FILES)]
    pipeline.put(keys[0], script(until=str(go_on)))
    preprocessing(pipeline)
    s3 = pipeline.aws.client("s3")
    etags = {}
    for key in keys[1:]:  # each starts an execution of its own
        etags[key] = s3.put_object(Bucket=pipeline.bucket, Key=key, Body=script())["ETag"].strip('"')
    assert pipeline.aws.background.settle(LIMIT)
    again = [created(pipeline.bucket, key, etags[key]) for key in chance.choices(keys[1:], k=events - FILES)]
    for at in range(0, len(again), 40):
        send(pipeline, again[at : at + 40])
    go_on.touch()
    ended = all_ended(pipeline)

    assert {one["status"] for one in ended} == {"SUCCEEDED"}
    started = events + 1  # by an upload each, and one by the end of the first
    assert len(ended) == started
    runs = [output for one in ended if "Models" in (output := output_of(pipeline, one))]
    assert len(runs) == 2
    last = max(runs, key=lambda run: run["Prepare"]["Reviews"]["Count"])
    assert last["Trigger"].keys() == {"Coalesced"}
    assert last["Prepare"]["Reviews"]["Count"] == FILES
    manifest = pipeline.document(last["Prepare"]["Reviews"]["ManifestUri"])
    assert manifest == [
        {"prefix": f"s3://{pipeline.bucket}/reviews/many/"},
        *(f"{number:02}.csv" for number in range(FILES)),
    ]
    claimed = pipeline.document(last["Prepare"]["Triggers"]["Uri"])["triggers"]
    assert sorted(one["Key"] for one in claimed) == keys[1:]
    assert rows(pipeline) == []
