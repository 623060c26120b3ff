"""A state machine's log: which events are in its log group, and what of them."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually, make_function, make_role

GIVEN, NAMED = "what it was given", "what it is called with"
REFUSES = "def handler(event, context):\n    raise ValueError('why not')\n"
TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "refuses", "Payload": {"Text": NAMED}},
    "End": True,
}
STATES = {"StartAt": "Note", "States": {"Note": {"Type": "Pass", "Next": "Ask"}, "Ask": TASK}}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("logs"), Clock(skip_waits=True)) as running:
        make_function(running, "refuses", REFUSES)
        yield running


def machine(aws, name, states=STATES, **logging):
    """A machine that logs into a group of its name."""
    group = f"/aws/vendedlogs/states/{name}"
    aws.client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"
    logging |= {"destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
    made = aws.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(states), roleArn=make_role(aws), loggingConfiguration=logging
    )
    return made["stateMachineArn"], group


def failed(aws, arn, text=GIVEN):
    stepfunctions = aws.client("stepfunctions")
    given = json.dumps({"Text": text})
    started = stepfunctions.start_execution(stateMachineArn=arn, input=given)["executionArn"]
    return ended(stepfunctions, started)


def ended(stepfunctions, execution):
    eventually(lambda: stepfunctions.describe_execution(executionArn=execution)["status"] == "FAILED")
    return execution


def lines(aws, group):
    logs = aws.client("logs")
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    found = [
        one["message"]
        for stream in streams
        for one in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    ]
    return [json.loads(line) for line in found]


def test_all_events_are_logged_without_what_states_and_tasks_were_given(aws):
    arn, group = machine(aws, "quiet", level="ALL", includeExecutionData=False)
    execution = failed(aws, arn)
    events = aws.client("stepfunctions").get_execution_history(executionArn=execution)["events"]
    told = lines(aws, group)
    assert [(one["id"], one["type"]) for one in told] == [(str(one["id"]), one["type"]) for one in events]
    assert {one["execution_arn"] for one in told} == {execution}
    assert [int(one["event_timestamp"]) for one in told] == [
        round(1000 * one["timestamp"].timestamp()) for one in events
    ]
    assert told[1]["details"] == {"name": "Note"}
    (scheduled,) = [one["details"] for one in told if one["type"] == "TaskScheduled"]
    assert (scheduled["resource"], scheduled["resourceType"]) == ("invoke", "lambda")
    assert GIVEN not in json.dumps(told)
    assert NAMED not in json.dumps(told)
    assert told[-1]["details"]["error"] == "ValueError"
    assert "why not" in told[-1]["details"]["cause"]
    assert [json.loads(line) for line in (aws.root / "logs" / "states" / "quiet.log").read_text().splitlines()] == told


def test_the_log_has_what_it_is_told_to_have(aws):
    arn, group = machine(aws, "open", level="ALL", includeExecutionData=True)
    failed(aws, arn)
    told = lines(aws, group)
    assert GIVEN in told[0]["details"]["input"]
    assert NAMED in json.dumps(told)
    arn, group = machine(aws, "fatal", level="FATAL", includeExecutionData=True)
    failed(aws, arn)
    assert [one["type"] for one in lines(aws, group)] == ["ExecutionFailed"]


def test_a_cause_that_no_file_can_hold_is_logged_all_the_same(aws):
    given = {"Type": "Fail", "Error": "Half", "CausePath": "$.Text"}
    arn, group = machine(aws, "halved", {"StartAt": "Stop", "States": {"Stop": given}}, level="ALL")
    failed(aws, arn, "half of a pair: \ud83c, é")
    told = lines(aws, group)
    assert told[-1]["details"]["cause"] == "half of a pair: \ud83c, é"
    assert [json.loads(line) for line in (aws.root / "logs" / "states" / "halved.log").read_text().splitlines()] == told


def test_a_redrive_is_logged_and_counted(aws):
    arn, group = machine(aws, "redriven", level="ALL", includeExecutionData=False)
    execution = failed(aws, arn)
    before = len(lines(aws, group))
    stepfunctions = aws.client("stepfunctions")
    stepfunctions.redrive_execution(executionArn=execution)
    ended(stepfunctions, execution)
    after = lines(aws, group)[before:]
    assert (after[0]["type"], after[-1]["type"]) == ("ExecutionRedriven", "ExecutionFailed")
    assert {one["redrive_count"] for one in after} == {"1"}


def test_a_group_that_was_deleted_is_not_made_anew(aws):
    arn, group = machine(aws, "gone", level="ALL")
    aws.client("logs").delete_log_group(logGroupName=group)
    failed(aws, arn)
    assert aws.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
