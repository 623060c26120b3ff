"""An execution's times are the clock's, whoever tells them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually, make_machine

TOLD = {"Started.$": "$$.Execution.StartTime", "Entered.$": "$$.State.EnteredTime"}
STATES = {
    "First": {"Type": "Pass", "Parameters": TOLD, "ResultPath": "$.First", "Next": "Week"},
    "Week": {"Type": "Wait", "Seconds": 604_800, "Next": "Last"},
    "Last": {"Type": "Pass", "Parameters": TOLD, "ResultPath": "$.Last", "End": True},
}
WEEK, SOON = timedelta(days=7), timedelta(seconds=10)


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A week's execution on a clock that is a day ahead; its machine, and when it was begun."""
    with LocalAws(tmp_path_factory.mktemp("times"), Clock(skip_waits=True)) as aws:
        aws.clock.advance(86_400)
        stepfunctions = aws.client("stepfunctions")
        machine = make_machine(aws, "week", json.dumps({"StartAt": "First", "States": STATES}))
        begun = aws.clock.now()
        arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        eventually(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING")
        yield stepfunctions, machine, arn, begun


def test_its_start_and_end(ended):
    stepfunctions, machine, arn, begun = ended
    described = stepfunctions.describe_execution(executionArn=arn)
    (listed,) = stepfunctions.list_executions(stateMachineArn=machine)["executions"]
    for told in (described, listed):
        assert abs(told["startDate"] - begun) < SOON
        assert abs(told["stopDate"] - begun - WEEK) < SOON


def test_its_history(ended):
    stepfunctions, _, arn, begun = ended
    events = stepfunctions.get_execution_history(executionArn=arn)["events"]
    times = {event["type"]: event["timestamp"] for event in events}
    assert abs(times["WaitStateEntered"] - begun) < SOON
    assert abs(times["WaitStateExited"] - begun - WEEK) < SOON
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_what_its_states_are_told(ended):
    stepfunctions, _, arn, begun = ended
    output = json.loads(stepfunctions.describe_execution(executionArn=arn)["output"])
    for state, after in (("First", timedelta(0)), ("Last", WEEK)):
        for name, moment in (("Started", begun), ("Entered", begun + after)):
            text = output[state][name]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
            assert abs(datetime.fromisoformat(text).astimezone(UTC) - moment) < SOON
