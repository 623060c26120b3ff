"""StopExecution on the real clock: an execution that sleeps for an hour ends at once."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually, make_machine

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
    "Retry": [{"ErrorEquals": ["SageMaker.AmazonSageMakerException"], "IntervalSeconds": 3600}],
    "End": True,
}
WAIT = {"Type": "Wait", "Seconds": 3600, "End": True}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("stop"), Clock()) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "state", "reached"), [("retry", REFUSED, "TaskFailed"), ("wait", WAIT, "WaitStateEntered")]
)
def test_a_sleeping_execution_is_aborted_at_once(aws, name, state, reached):
    machine = make_machine(aws, name, json.dumps({"StartAt": "Only", "States": {"Only": state}}))
    stepfunctions = aws.client("stepfunctions")
    arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]

    def history():
        return [event["type"] for event in stepfunctions.get_execution_history(executionArn=arn)["events"]]

    eventually(lambda: reached in history())
    stepfunctions.stop_execution(executionArn=arn, error="Mine", cause="enough of it")
    eventually(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] == "ABORTED")
    told = stepfunctions.describe_execution(executionArn=arn)
    assert (told["error"], told["cause"]) == ("Mine", "enough of it")
    # the thread that slept is over too: a retry would have failed once more
    eventually(lambda: history()[-1] == "ExecutionAborted")
    assert history().count("TaskFailed") <= 1


def test_error_and_cause_are_told_in_the_description_and_the_history(aws):
    machine = make_machine(aws, "told", json.dumps({"StartAt": "Only", "States": {"Only": WAIT}}))
    stepfunctions = aws.client("stepfunctions")
    arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]

    def last():
        return stepfunctions.get_execution_history(executionArn=arn)["events"][-1]

    eventually(lambda: last()["type"] == "WaitStateEntered")
    stopped = stepfunctions.stop_execution(executionArn=arn, error="Tired", cause="late")
    described = eventually(
        lambda: (found := stepfunctions.describe_execution(executionArn=arn))["status"] == "ABORTED" and found
    )
    assert (described["error"], described["cause"]) == ("Tired", "late")
    assert stopped["stopDate"] <= described["stopDate"]
    assert last()["executionAbortedEventDetails"] == {"error": "Tired", "cause": "late"}
