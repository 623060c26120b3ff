"""RedriveExecution after StopExecution, on the real clock: what was aborted goes on, what was finished does not."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from taproom.history import read_states
from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually, make_machine

HOUR = {"Type": "Wait", "Seconds": 3600}
MADE = {"Type": "Pass", "Result": {"Made": True}}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aborted"), Clock()) as running:
        yield running


def status(aws, arn):
    return aws.client("stepfunctions").describe_execution(executionArn=arn)["status"]


def entered(aws, arn):
    """The names of the states in the order in which they were entered."""
    events = aws.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    return [one["stateEnteredEventDetails"]["name"] for one in events if "stateEnteredEventDetails" in one]


def aborted(aws, name, states, reached):
    """An execution that was stopped once all states of ``reached`` had been entered."""
    machine = make_machine(aws, name, json.dumps({"StartAt": next(iter(states)), "States": states}))
    stepfunctions = aws.client("stepfunctions")
    arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    eventually(lambda: set(entered(aws, arn)) >= set(reached))
    stepfunctions.stop_execution(executionArn=arn)
    eventually(lambda: status(aws, arn) == "ABORTED")
    return arn


def redriven_and_waited(aws, arn):
    """Its output, once it was redriven and the wait was over."""
    stepfunctions = aws.client("stepfunctions")
    stepfunctions.redrive_execution(executionArn=arn)
    assert status(aws, arn) == "RUNNING"
    eventually(lambda: aws.clock.advance(3600) or status(aws, arn) != "RUNNING")
    execution = stepfunctions.describe_execution(executionArn=arn)
    assert execution["status"] == "SUCCEEDED", execution
    return json.loads(execution["output"])


def test_an_aborted_state_is_resumed_and_not_entered_again(aws):
    states = {"A": {**MADE, "Next": "Wait"}, "Wait": {**HOUR, "Next": "Done"}, "Done": {"Type": "Succeed"}}
    arn = aborted(aws, "wait", states, ["A", "Wait"])
    assert redriven_and_waited(aws, arn) == {"Made": True}
    assert entered(aws, arn) == ["A", "Wait", "Done"]
    events = aws.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    rows = {row.name: row for row in read_states({"States": states}, events)}
    assert (rows["Wait"].status, rows["Wait"].visits) == ("succeeded", 2)


def test_only_the_aborted_branches_of_nested_parallels_go_on(aws):
    def branch(name, state, **more):
        return {"StartAt": name, "States": {name: state | {"End": True}, **more}}

    quick = {"StartAt": "A", "States": {"A": {**MADE, "Next": "B"}, "B": {"Type": "Pass", "End": True}}}
    inner = {
        "Type": "Parallel",
        "Branches": [branch("C", {"Type": "Pass", "Result": "c"}), branch("Wait", HOUR)],
    }
    states = {"Both": {"Type": "Parallel", "Branches": [quick, branch("Inner", inner)], "End": True}}
    arn = aborted(aws, "nested", states, ["A", "B", "C", "Wait"])
    before = entered(aws, arn)
    assert redriven_and_waited(aws, arn) == [{"Made": True}, ["c", {}]]
    assert entered(aws, arn) == before


def test_a_loop_that_comes_back_to_a_resumed_parallel_begins_it_at_the_start(aws):
    branch = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Wait"}, "Wait": {**HOUR, "End": True}}}
    states = {
        "Begin": {"Type": "Pass", "Result": {"Round": 0}, "Next": "Only"},
        "Only": {"Type": "Parallel", "Branches": [branch], "ResultPath": "$.Only", "Next": "Count"},
        "Count": {"Type": "Pass", "Parameters": {"Round.$": "States.MathAdd($.Round, 1)"}, "Next": "Again?"},
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Round", "NumericLessThan": 2, "Next": "Only"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    arn = aborted(aws, "loop", states, ["A", "Wait"])
    assert redriven_and_waited(aws, arn) == {"Round": 2}
    assert entered(aws, arn).count("A") == 2


def test_what_runs_cannot_be_redriven_and_a_redriven_execution_can_be_stopped_at_once(aws):
    stepfunctions = aws.client("stepfunctions")
    arn = aborted(aws, "stopped-twice", {"Wait": {**HOUR, "End": True}}, ["Wait"])
    for _ in range(5):
        stepfunctions.redrive_execution(executionArn=arn)
        with pytest.raises(ClientError, match="Execution is RUNNING and cannot be redriven"):
            stepfunctions.redrive_execution(executionArn=arn)
        stepfunctions.stop_execution(executionArn=arn)
        eventually(lambda: status(aws, arn) == "ABORTED")
    execution = stepfunctions.describe_execution(executionArn=arn)
    assert (execution["redriveCount"], execution["redriveStatus"]) == (5, "REDRIVABLE")


def test_an_execution_whose_time_was_up_has_all_its_time_again(aws):
    definition = {"StartAt": "Wait", "TimeoutSeconds": 1, "States": {"Wait": {**HOUR, "End": True}}}
    stepfunctions = aws.client("stepfunctions")
    arn = stepfunctions.start_execution(
        stateMachineArn=make_machine(aws, "time-is-up", json.dumps(definition)), input="{}"
    )["executionArn"]
    eventually(lambda: status(aws, arn) == "TIMED_OUT")
    assert redriven_and_waited(aws, arn) == {}
