"""Lambda's own errors have their names on AWS, whichever way a state asks its function."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually, make_function, make_machine

DONE = {"Type": "Succeed"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("lambda"), Clock(skip_waits=True)) as running:
        make_function(running, "raises", "def handler(event, context):\n    raise ValueError('its own')\n")
        yield running


def caught(aws, name, resource, **more):
    """What a state's Catch is told when its function fails."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    states = {"Ask": {"Type": "Task", "Resource": resource, **more, "Catch": catch, "End": True}, "Done": DONE}
    machine = make_machine(aws, name, json.dumps({"StartAt": "Ask", "States": states}))
    stepfunctions = aws.client("stepfunctions")
    arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    eventually(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING")
    return json.loads(stepfunctions.describe_execution(executionArn=arn)["output"])


def function(aws, name):
    return f"arn:aws:lambda:{aws.region}:{aws.account_id}:function:{name}"


def test_a_refused_invocation_is_named_by_its_exception(aws):
    direct = caught(aws, "direct", function(aws, "gone"))
    invoked = caught(aws, "invoked", "arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "gone"})
    for told in (direct, invoked):
        assert told["Error"] == "Lambda.ResourceNotFoundException"
        assert "Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException" in told["Cause"]


def test_what_the_function_raised_keeps_its_name(aws):
    told = caught(aws, "own", function(aws, "raises"))
    assert told["Error"] == "ValueError"
    assert json.loads(told["Cause"])["errorMessage"] == "its own"


def test_a_definition_is_read_anew_for_each_execution(aws):
    """Parsed once, it is nobody's: what an execution did to its program is not there for the next."""
    refused = {"Type": "Task", "Resource": function(aws, "gone"), "End": True}
    retry = [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "MaxAttempts": 2}]
    definition = json.dumps({"StartAt": "Ask", "States": {"Ask": {**refused, "Retry": retry}}})
    machine = make_machine(aws, "again", definition)
    stepfunctions = aws.client("stepfunctions")
    for _ in range(2):
        arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        eventually(lambda arn=arn: stepfunctions.describe_execution(executionArn=arn)["status"] == "FAILED")
        events = stepfunctions.get_execution_history(executionArn=arn)["events"]
        assert [event["type"] for event in events].count("LambdaFunctionFailed") == 3
