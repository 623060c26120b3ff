"""RedriveExecution: what failed runs again with the same input, what succeeded does not."""

from __future__ import annotations

import itertools
import json

import pytest
from botocore.exceptions import ClientError

from taproom.history import read_states
from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually, make_function, make_machine, make_role

# Notes each call as an object, and fails for as long as there is an object failing/<step>.
STEP = """
import boto3

def handler(event, context):
    s3 = boto3.client("s3")
    step = event["Step"]
    s3.put_object(Bucket="calls", Key=f"{step}/{context.aws_request_id}", Body=b"")
    if s3.list_objects_v2(Bucket="calls", Prefix=f"failing/{step}").get("Contents"):
        raise ValueError(f"{step} says no")
    return {"Did": step, "Redrive": event["Redrive"]}
"""
INVOKE = "arn:aws:states:::lambda:invoke"
names = itertools.count()


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("redrive"), Clock(skip_waits=True)) as running:
        running.client("s3").create_bucket(Bucket="calls")
        make_function(running, "step", STEP)
        yield running


class Steps:
    """The steps of one test: they have names of their own, and fail when they are told to."""

    def __init__(self, aws):
        self.aws, self.s3, self.stepfunctions = aws, aws.client("s3"), aws.client("stepfunctions")
        self.of = f"t{next(names)}"

    def task(self, name, **more):
        payload = {"Step": f"{self.of}{name}", "Redrive.$": "$$.Execution.RedriveCount", "Input.$": "$"}
        return {
            "Type": "Task",
            "Resource": INVOKE,
            "Parameters": {"FunctionName": "step", "Payload": payload},
            "ResultSelector": {"Did.$": "$.Payload.Did", "Redrive.$": "$.Payload.Redrive"},
            "ResultPath": f"$.{name}",
            **more,
        }

    def fails(self, name):
        self.s3.put_object(Bucket="calls", Key=f"failing/{self.of}{name}", Body=b"")

    def mended(self, name):
        self.s3.delete_object(Bucket="calls", Key=f"failing/{self.of}{name}")

    def calls(self, name):
        return self.s3.list_objects_v2(Bucket="calls", Prefix=f"{self.of}{name}/")["KeyCount"]

    def start(self, states, **more):
        definition = {"StartAt": next(iter(states)), "States": states, **more}
        self.machine = make_machine(self.aws, self.of, json.dumps(definition))
        started = self.stepfunctions.start_execution(stateMachineArn=self.machine, input='{"Given": 1}')
        self.arn = started["executionArn"]
        return self.arn

    def run(self, states, **more):
        self.start(states, **more)
        return self.ended()

    def ended(self):
        def look():
            execution = self.stepfunctions.describe_execution(executionArn=self.arn)
            return execution if execution["status"] != "RUNNING" else None

        return eventually(look)

    def redrive(self, **more):
        self.stepfunctions.redrive_execution(executionArn=self.arn, **more)
        return self.ended()

    def events(self):
        return self.stepfunctions.get_execution_history(executionArn=self.arn, maxResults=1000)["events"]

    def types(self):
        return [event["type"] for event in self.events()]


@pytest.fixture
def steps(aws):
    return Steps(aws)


def test_a_redrive_runs_what_failed_and_what_follows_and_nothing_before(steps):
    states = {"A": steps.task("A", Next="B"), "B": steps.task("B", Next="C"), "C": steps.task("C", End=True)}
    steps.fails("B")
    failed = steps.run(states)
    assert (failed["status"], failed["redriveCount"], failed["redriveStatus"]) == ("FAILED", 0, "REDRIVABLE")
    assert "redriveDate" not in failed
    before = steps.events()
    steps.mended("B")
    execution = steps.redrive()
    assert execution["status"] == "SUCCEEDED"
    assert execution["executionArn"] == steps.arn
    assert json.loads(execution["output"]) == {
        "Given": 1,
        "A": {"Did": f"{steps.of}A", "Redrive": 0},
        "B": {"Did": f"{steps.of}B", "Redrive": 1},
        "C": {"Did": f"{steps.of}C", "Redrive": 1},
    }
    assert [steps.calls(name) for name in "ABC"] == [1, 2, 1]
    assert (execution["redriveCount"], execution["redriveStatus"]) == (1, "NOT_REDRIVABLE")
    assert execution["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert "error" not in execution
    assert "cause" not in execution
    (listed,) = steps.stepfunctions.list_executions(stateMachineArn=steps.machine)["executions"]
    assert (listed["redriveCount"], listed["redriveDate"]) == (1, execution["redriveDate"])

    events = steps.events()
    assert events[: len(before)] == before
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    redriven, scheduled = events[len(before) : len(before) + 2]
    assert redriven["executionRedrivenEventDetails"] == {"redriveCount": 1}
    # as on AWS: the state is not entered a second time, its new attempt descends from its first entry
    (entered,) = [e for e in events if e.get("stateEnteredEventDetails", {}).get("name") == "B"]
    assert (scheduled["type"], scheduled["previousEventId"]) == ("TaskScheduled", entered["id"])
    rows = {row.name: row for row in read_states({"States": states}, events)}
    assert [(rows[name].status, rows[name].visits, rows[name].error) for name in "ABC"] == [
        ("succeeded", 1, ""),
        ("succeeded", 2, ""),
        ("succeeded", 1, ""),
    ]


def test_a_second_redrive_counts_on(steps):
    states = {"A": steps.task("A", Next="B"), "B": steps.task("B", Next="C"), "C": steps.task("C", End=True)}
    steps.fails("B")
    steps.fails("C")
    assert steps.run(states)["status"] == "FAILED"
    assert steps.redrive()["status"] == "FAILED"
    steps.mended("B")
    assert "says no" in steps.redrive()["cause"]
    steps.mended("C")
    execution = steps.redrive()
    assert (execution["status"], execution["redriveCount"]) == ("SUCCEEDED", 3)
    output = json.loads(execution["output"])
    assert [output[name]["Redrive"] for name in "ABC"] == [0, 2, 3]
    assert [steps.calls(name) for name in "ABC"] == [1, 3, 2]
    assert steps.types().count("ExecutionFailed") == steps.types().count("ExecutionRedriven") == 3


def test_all_retries_are_there_again(steps):
    retry = [{"ErrorEquals": ["ValueError"], "MaxAttempts": 2, "IntervalSeconds": 60}]
    steps.fails("A")
    assert steps.run({"A": steps.task("A", Retry=retry, End=True)})["status"] == "FAILED"
    assert steps.redrive()["status"] == "FAILED"
    assert steps.calls("A") == 6


def test_the_failed_branch_of_a_parallel_runs_again_and_the_finished_one_keeps_its_result(steps):
    parallel = {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "B", "States": {"B": steps.task("B", End=True)}},
            {"StartAt": "C", "States": {"C": steps.task("C", Next="D"), "D": steps.task("D", End=True)}},
        ],
        "ResultPath": "$.Both",
        "Next": "E",
    }
    steps.fails("D")
    failed = steps.run({"A": steps.task("A", Next="Both"), "Both": parallel, "E": steps.task("E", End=True)})
    assert failed["status"] == "FAILED"
    finished = "B" in {e.get("stateExitedEventDetails", {}).get("name") for e in steps.events()}
    steps.mended("D")
    execution = steps.redrive()
    assert execution["status"] == "SUCCEEDED"
    left, right = json.loads(execution["output"])["Both"]
    assert right["D"]["Redrive"] == 1
    assert left["B"]["Redrive"] == (0 if finished else 1)
    assert [steps.calls(name) for name in "ABCDE"] == [1, 1 if finished else 2, 1, 2, 1]
    assert steps.types().count("ParallelStateEntered") == steps.types().count("ParallelStateStarted") == 1


def test_a_parallel_that_is_tried_again_by_its_retry_begins_at_its_start(steps):
    failing = {"Fails": {"Type": "Fail", "Error": "Always"}}
    parallel = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "B", "States": {"B": steps.task("B", Next="Fails"), **failing}}],
        "Retry": [{"ErrorEquals": ["Always"], "MaxAttempts": 1, "IntervalSeconds": 1}],
        "End": True,
    }
    assert steps.run({"Both": parallel})["error"] == "Always"
    assert steps.calls("B") == 2
    assert steps.redrive()["error"] == "Always"
    assert steps.calls("B") == 3  # the redrive resumes at Fails, the retry after that begins with B


def test_a_fail_state_fails_again(steps):
    states = {"A": steps.task("A", Next="No"), "No": {"Type": "Fail", "Error": "Refused", "Cause": "for good"}}
    assert steps.run(states)["error"] == "Refused"
    execution = steps.redrive()
    assert (execution["status"], execution["error"], execution["redriveCount"]) == ("FAILED", "Refused", 1)
    assert steps.calls("A") == 1
    (row,) = [row for row in read_states({"States": states}, steps.events()) if row.name == "No"]
    assert (row.status, row.visits) == ("failed", 2)


def test_the_definition_is_the_one_that_it_was_started_with(steps):
    steps.fails("A")
    assert steps.run({"A": steps.task("A", Next="B"), "B": steps.task("B", End=True)})["status"] == "FAILED"
    other = json.dumps({"StartAt": "Z", "States": {"Z": {"Type": "Succeed"}}})
    steps.stepfunctions.update_state_machine(stateMachineArn=steps.machine, definition=other)
    steps.mended("A")
    assert set(json.loads(steps.redrive()["output"])) == {"Given", "A", "B"}


def refused(steps, **more):
    with pytest.raises(ClientError) as caught:
        steps.redrive(**more)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_what_succeeded_cannot_be_redriven(steps):
    assert steps.run({"A": steps.task("A", End=True)})["status"] == "SUCCEEDED"
    assert refused(steps) == ("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven")


def test_after_fourteen_days_it_is_too_late(steps):
    steps.fails("A")
    steps.run({"A": steps.task("A", End=True)})
    steps.aws.clock.advance(14 * 24 * 3600 - 60)
    assert steps.redrive()["status"] == "FAILED"  # and the period begins anew
    steps.aws.clock.advance(14 * 24 * 3600 - 60)
    assert steps.redrive()["redriveStatus"] == "REDRIVABLE"
    steps.aws.clock.advance(14 * 24 * 3600 + 60)
    assert refused(steps) == ("ExecutionNotRedrivable", "Execution redrivable period exceeded")
    execution = steps.ended()
    assert (execution["redriveStatus"], execution["redriveCount"]) == ("NOT_REDRIVABLE", 2)
    assert execution["redriveStatusReason"] == "Execution redrivable period exceeded"


def test_an_execution_that_is_not_there_is_named(steps):
    steps.fails("A")
    steps.run({"A": steps.task("A", End=True)})
    steps.stepfunctions.delete_state_machine(stateMachineArn=steps.machine)
    code, message = refused(steps)
    assert code == "ExecutionDoesNotExist"
    assert steps.arn in message
    steps.arn = "no-arn"
    assert refused(steps)[0] == "InvalidArn"


def test_the_same_token_redrives_once(steps):
    steps.fails("A")
    steps.run({"A": steps.task("A", End=True)})
    first = steps.stepfunctions.redrive_execution(executionArn=steps.arn, clientToken="one")["redriveDate"]
    steps.ended()
    again = steps.stepfunctions.redrive_execution(executionArn=steps.arn, clientToken="one")["redriveDate"]
    assert first == again
    assert steps.ended()["redriveCount"] == 1
    assert steps.redrive(clientToken="another")["redriveCount"] == 2
    steps.aws.clock.advance(15 * 60 + 1)  # a token is forgotten then
    assert steps.redrive(clientToken="one")["redriveCount"] == 3
    assert steps.calls("A") == 4


def test_each_attempt_tells_its_status_to_event_bridge(steps):
    events = steps.aws.client("events")
    watching = make_machine(steps.aws, f"{steps.of}-watching")
    steps.fails("A")
    steps.run({"A": steps.task("A", End=True)})
    pattern = {"source": ["aws.states"], "detail": {"executionArn": [steps.arn]}}
    events.put_rule(Name=steps.of, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=steps.of, Targets=[{"Id": "a", "Arn": watching, "RoleArn": make_role(steps.aws)}])
    steps.mended("A")
    steps.redrive()

    def told():
        listed = steps.stepfunctions.list_executions(stateMachineArn=watching)["executions"]
        described = [steps.stepfunctions.describe_execution(executionArn=one["executionArn"]) for one in listed]
        return [json.loads(one["input"])["detail"] for one in described]

    details = {one["status"]: one for one in eventually(lambda: told() if len(told()) == 2 else None)}
    assert set(details) == {"RUNNING", "SUCCEEDED"}
    assert details["RUNNING"]["stopDate"] is None
    assert [details[status]["redriveCount"] for status in ("RUNNING", "SUCCEEDED")] == [1, 1]
    assert details["SUCCEEDED"]["redriveStatus"] == "NOT_REDRIVABLE"
    assert details["SUCCEEDED"]["error"] is None
