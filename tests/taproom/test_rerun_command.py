"""`taproom rerun` on a local AWS: whose parameters the new execution has, and what is refused."""

from __future__ import annotations

import hashlib
import json

import pytest

from taproom.executions import ExecutionError
from taproom.rerun import given_parameters
from tests.local.small_stacks import deploy_text, eventually, machine_template

# Fails at Check where Prepare's answer is to come; waits where the input says so.
DEFINITION = {
    "StartAt": "Input?",
    "States": {
        "Input?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.Wait", "IsPresent": True, "Next": "Waits"},
                {"Variable": "$.DefaultInput.Prepared", "IsPresent": True, "Next": "Prepare"},
            ],
            "Default": "Broken",
        },
        "Waits": {"Type": "Wait", "Seconds": 3600, "Next": "Done"},
        "Broken": {"Type": "Fail", "Error": "Broken", "Cause": "not prepared"},
        "Prepare": {
            "Type": "Pass",
            "Parameters": {"Parameters": {"Prepared.$": "$.DefaultInput.Prepared", "InputData": "s3://b/reviews/x/"}},
            "ResultPath": "$.Prepare",
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
TEMPLATE = machine_template(DEFINITION, DataBucketName="rerun-data")
PREPARED = {"Prepared": 1, "InputData": "s3://b/reviews/x/"}


@pytest.fixture(scope="module")
def machine(local_aws, tmp_path_factory):
    for bucket in ("artifacts", "rerun-data"):
        local_aws.client("s3").create_bucket(Bucket=bucket)
    return deploy_text(local_aws, tmp_path_factory.mktemp("stack"), TEMPLATE, "taproom")["StateMachineArn"]


@pytest.fixture
def stepfunctions(local_aws):
    return local_aws.client("stepfunctions")


@pytest.fixture
def ended(stepfunctions, machine):
    """``ended(name, input)`` starts an execution and waits for its end; returns its ARN."""

    def start(name, execution_input):
        arn = stepfunctions.start_execution(stateMachineArn=machine, name=name, input=json.dumps(execution_input))
        arn = arn["executionArn"]
        eventually(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING")
        return arn

    return start


def given_to(stepfunctions, execution_arn):
    return json.loads(stepfunctions.describe_execution(executionArn=execution_arn)["input"])


@pytest.mark.parametrize("called", ["name", "arn", "latest"])
def test_the_execution_that_is_meant_is_run_again_with_the_parameters_that_it_ran_with(
    ended, command, stepfunctions, called
):
    arn = ended(f"by-{called}", {"DefaultInput": {"Prepared": 1}})
    told = command.json("rerun", {"name": f"by-{called}", "arn": arn, "latest": "latest"}[called])
    assert (told["rerun_of"], told["status"]) == (arn, "RUNNING")
    assert told["execution_arn"] != arn
    assert given_to(stepfunctions, told["execution_arn"]) == {"DefaultInput": PREPARED, "RerunOf": arn}


def test_an_execution_that_was_never_prepared_is_run_again_with_what_it_was_given(ended, command, stepfunctions):
    arn = ended("unprepared", {"DefaultInput": {"TrainingEpochs": 3}, "Trigger": {"Schedule": "x", "Time": "y"}})
    told = command.json("rerun", "unprepared")
    assert given_to(stepfunctions, told["execution_arn"]) == {"DefaultInput": {"TrainingEpochs": 3}, "RerunOf": arn}


def test_an_execution_that_is_forgotten_is_run_again_with_what_the_bucket_remembers(
    command, stepfunctions, machine, local_aws
):
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:forgotten"
    slug = f"forgotten-{hashlib.sha256(arn.encode()).hexdigest()[:12]}"
    request = {"schema_version": 1, "Parameters": PREPARED, "Trigger": None, "RerunOf": None}
    s3 = local_aws.client("s3")
    s3.put_object(Bucket="rerun-data", Key="runs/forgotten-000000000000/request.json", Body=b"{}")
    s3.put_object(Bucket="rerun-data", Key=f"runs/{slug}/request.json", Body=json.dumps(request).encode())
    told = command.json("rerun", "forgotten")
    assert given_to(stepfunctions, told["execution_arn"]) == {"DefaultInput": PREPARED, "RerunOf": arn}


def test_it_is_followed_to_its_end_where_asked(ended, command):
    ended("fine", {"DefaultInput": {"Prepared": 1}})
    shown = command.succeeds("rerun", "fine", "--watch")
    assert " runs fine again\n" in shown
    assert shown.endswith("Execution SUCCEEDED\n")
    ended("broken", {"DefaultInput": {}})
    result = command("rerun", "broken", "--watch")
    assert result.exit_code == 1
    assert "failed: Broken not prepared\nWhat now: taproom redrive " in result.stdout
    assert result.stdout.endswith("Execution FAILED\n")


def test_a_running_execution_is_refused(command, stepfunctions, machine):
    started = stepfunctions.start_execution(stateMachineArn=machine, name="waits", input='{"Wait": 1}')
    try:
        assert "waits is still running: it can be rerun once it has ended" in command.fails("rerun", "waits")
    finally:
        stepfunctions.stop_execution(executionArn=started["executionArn"])


def test_an_execution_or_a_stack_that_is_not_there_is_named(command, machine):
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:nobody"
    assert f"no execution {arn}" in command.fails("rerun", "nobody")
    assert "no stack elsewhere in us-east-1" in command.fails("rerun", "latest", "--stack", "elsewhere")


def test_an_arn_needs_no_stack(ended, command, stepfunctions):
    arn = ended("without-stack", {"DefaultInput": {"Prepared": 1}})
    told = command.json("rerun", arn, "--stack", "elsewhere")
    assert given_to(stepfunctions, told["execution_arn"])["RerunOf"] == arn


def test_parameters_are_found_in_every_form_of_input():
    assert given_parameters({"TrainingEpochs": 3}) == {"TrainingEpochs": 3}
    assert given_parameters({}) == {}
    upload = {"Bucket": "b", "Key": "reviews/x/y.csv", "ETag": "1"}
    assert given_parameters({"DefaultInput": {"TrainingEpochs": 3}, "Trigger": upload}) == {
        "TrainingEpochs": 3,
        "InputData": "s3://b/reviews/x/",
    }
    coalesced = {"DefaultInput": {"TrainingEpochs": 3}, "Trigger": {"Coalesced": "arn:x"}}
    assert given_parameters(coalesced) == {"TrainingEpochs": 3}
    assert given_parameters({"DefaultInput": {"TrainingEpochs": 3}, "RerunOf": "arn:x"}) == {"TrainingEpochs": 3}
    with pytest.raises(ExecutionError, match="no JSON object"):
        given_parameters([1])
