"""Step Functions on the local clock, and Retry and Catch as AWS has them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually, make_function, make_machine

# A task that fails at once: SageMaker refuses the image.
REFUSED = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
    "Parameters": {
        "ProcessingJobName": "refused",
        "RoleArn": "arn:aws:iam::123456789012:role/job",
        "AppSpecification": {"ImageUri": "nginx", "ContainerEntrypoint": ["python3"]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
    },
}
ERROR = "SageMaker.AmazonSageMakerException"
DONE = {"Type": "Succeed"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("context"), Clock(skip_waits=True)) as running:
        yield running


def start(aws, name, states):
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    machine = make_machine(aws, name, definition)
    return aws.client("stepfunctions").start_execution(stateMachineArn=machine, input="{}")["executionArn"]


def finished(aws, arn):
    def look():
        execution = aws.client("stepfunctions").describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    return eventually(look)


def run(aws, name, states):
    return finished(aws, start(aws, name, states))


def failures(aws, arn):
    events = aws.client("stepfunctions").get_execution_history(executionArn=arn, maxResults=1000)["events"]
    return [event for event in events if event["type"] == "TaskFailed"]


def caught_by(*errors):
    return {"Catch": [{"ErrorEquals": list(errors), "ResultPath": "$.Error", "Next": "Done"}], "Next": "Done"}


def test_a_state_that_is_entered_again_has_all_its_retries_again(aws):
    retry = [{"ErrorEquals": [ERROR], "MaxAttempts": 2, "IntervalSeconds": 10, "BackoffRate": 3.0}]
    again = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": "Count"}
    states = {
        "Begin": {"Type": "Pass", "Result": {"Round": 0}, "Next": "Work"},
        "Work": {**REFUSED, "Retry": retry, "Catch": [again], "End": True},
        "Count": {"Type": "Pass", "Parameters": {"Round.$": "States.MathAdd($.Round, 1)"}, "Next": "Again?"},
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Round", "NumericLessThan": 2, "Next": "Work"}],
            "Default": "Done",
        },
        "Done": DONE,
    }
    before = aws.clock.now()
    execution = run(aws, "loop", states)
    assert execution["status"] == "SUCCEEDED"
    assert len(failures(aws, execution["executionArn"])) == 2 * 3
    backed_off = (aws.clock.now() - before).total_seconds()
    assert 2 * (10 + 30) <= backed_off < 2 * (10 + 30) + 10


def test_backoff_stays_below_its_maximum_and_jitter_shortens_it(aws):
    retry = {"ErrorEquals": [ERROR], "MaxAttempts": 4, "IntervalSeconds": 100, "BackoffRate": 10.0}
    before = aws.clock.now()
    run(aws, "capped", {"Work": {**REFUSED, "Retry": [{**retry, "MaxDelaySeconds": 200}], "End": True}})
    assert 700 <= (aws.clock.now() - before).total_seconds() < 710
    before = aws.clock.now()
    jitter = {**retry, "MaxDelaySeconds": 200, "JitterStrategy": "FULL"}
    run(aws, "jitter", {"Work": {**REFUSED, "Retry": [jitter], "End": True}})
    assert 0 < (aws.clock.now() - before).total_seconds() < 700


def test_task_failed_stands_for_the_errors_of_a_service(aws):
    execution = run(aws, "wildcard", {"Work": {**REFUSED, **caught_by("States.TaskFailed")}, "Done": DONE})
    assert json.loads(execution["output"])["Error"]["Error"] == ERROR


def test_task_failed_does_not_stand_for_a_timeout(aws):
    waits = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 1}
    execution = run(aws, "timeout", {"Work": {**waits, **waiting(aws), **caught_by("States.TaskFailed")}, "Done": DONE})
    assert execution["status"] in ("FAILED", "TIMED_OUT")
    assert execution["error"] == "States.Timeout"


def waiting(aws):
    """A task that waits for an answer that nobody gives."""
    make_function(aws, "never-answers", "def handler(event, context):\n    return None\n")
    payload = {"Token.$": "$$.Task.Token"}
    return {"Parameters": {"FunctionName": "never-answers", "Payload": payload}}


@pytest.mark.parametrize("wildcard", ["States.ALL", "States.TaskFailed"])
def test_no_wildcard_stands_for_a_runtime_error(aws, wildcard):
    misspelt = {**REFUSED, "Parameters": {**REFUSED["Parameters"], "RoleARN": "x"}}
    execution = run(aws, f"runtime-{wildcard[-3:]}", {"Work": {**misspelt, **caught_by(wildcard)}, "Done": DONE})
    assert execution["status"] == "FAILED"
    assert execution["error"] == "States.Runtime"
    assert 'The field "RoleARN" is not supported by Step Functions' in execution["cause"]


def test_a_wait_until_a_moment_is_counted_on_the_clock(aws):
    aws.clock.advance(3_600)
    moment = (aws.clock.now() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = aws.clock.now()
    execution = run(aws, "until", {"Wait": {"Type": "Wait", "Timestamp": moment, "End": True}})
    assert execution["status"] == "SUCCEEDED"
    assert timedelta(hours=4, minutes=59) < aws.clock.now() - before < timedelta(hours=5, minutes=1)
