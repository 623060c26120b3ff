"""The weekly schedule on the deployed stack: it fires at creation, as a rate does, and seven days later."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.outcome import model_results
from tests.pipeline.deployed import TINY_TRAINING, deployed, evaluation, project_with, script

pytestmark = pytest.mark.slow

PARAMETERS = {"DefaultInput": '{"ModelApprovalStatus": "Approved"}', "UploadDebounceSeconds": "0"}
WEEK = 7 * 24 * 3600.0


@pytest.fixture
def scheduled(tmp_path):
    """A stack with its schedule on, whose DefaultInput asks for an approved model."""
    folder = project_with(TINY_TRAINING, tmp_path / "project")
    with LocalAws(tmp_path / "aws", Clock()) as aws:
        yield deployed(aws, folder / "template.yaml", **PARAMETERS)


def wait_for_executions(pipeline, count):
    """Let the events of the moved clock arrive: bounded, and without a fixed pause."""
    import time

    deadline = time.monotonic() + 30
    while len(pipeline.executions()) < count and time.monotonic() < deadline:
        pass
    return [pipeline.finished(execution["executionArn"]) for execution in pipeline.executions()]


def test_a_week_on_the_clock_starts_an_execution_with_the_schedules_input(scheduled):
    (first,) = wait_for_executions(scheduled, 1)
    assert first.status == "SUCCEEDED"
    assert "NoData" in [row.name for row in first.states]
    given = json.loads(first.execution["input"])
    assert given["DefaultInput"] == {"ModelApprovalStatus": "Approved"}
    assert given["Trigger"]["Schedule"].startswith("arn:aws:scheduler:")

    uploaded = scheduled.upload("reviews/a.csv", script(evaluation=evaluation()))
    assert {result["Status"] for result in model_results(uploaded.events)} == {"Registered"}
    assert scheduled.registered()[0]["ModelApprovalStatus"] == "Approved"
    scheduled.aws.clock.advance(WEEK)
    weekly = [
        one
        for one in wait_for_executions(scheduled, 3)
        if one.execution["executionArn"] != first.execution["executionArn"]
    ]
    (second,) = [one for one in weekly if "Schedule" in json.loads(one.execution["input"])["Trigger"]]
    assert "NoNewData" in [row.name for row in second.states]  # nothing came since
    last = json.loads(second.execution["output"])["Prepare"]["LastRun"]
    assert last["ExecutionArn"] == uploaded.execution["executionArn"]
    assert len(scheduled.registered()) == 1
