"""`taproom redrive` on a local AWS: which execution is meant, what is shown, and what is said where it is refused."""

from __future__ import annotations

import json

import pytest

from tests.local.small_stacks import deploy_text, eventually, machine_template

# Fails for as long as the bucket is not there.
DEFINITION = {
    "StartAt": "Before",
    "States": {
        "Before": {"Type": "Pass", "Next": "List"},
        "List": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
            "Parameters": {"Bucket.$": "$.Bucket"},
            "ResultSelector": {"Count.$": "$.KeyCount"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
TEMPLATE = machine_template(DEFINITION)


@pytest.fixture(scope="module")
def machine(local_aws, tmp_path_factory):
    local_aws.client("s3").create_bucket(Bucket="artifacts")
    return deploy_text(local_aws, tmp_path_factory.mktemp("stack"), TEMPLATE, "taproom")["StateMachineArn"]


class Executions:
    def __init__(self, aws, machine):
        self.s3, self.stepfunctions, self.machine = aws.client("s3"), aws.client("stepfunctions"), machine

    def failed(self, name):
        """An execution that failed for want of a bucket."""
        self.start(name)
        assert self.ended(name) == "FAILED"

    def start(self, name):
        text = json.dumps({"Bucket": name})
        self.stepfunctions.start_execution(stateMachineArn=self.machine, name=name, input=text)

    def arn(self, name):
        return f"{self.machine.replace(':stateMachine:', ':execution:')}:{name}"

    def ended(self, name):
        def look():
            status = self.stepfunctions.describe_execution(executionArn=self.arn(name))["status"]
            return None if status == "RUNNING" else status

        return eventually(look)


@pytest.fixture
def executions(local_aws, machine):
    return Executions(local_aws, machine)


@pytest.mark.parametrize("called", ["name", "arn", "latest"])
def test_the_execution_that_is_meant_is_redriven(executions, command, called):
    name = f"called-by-{called}"
    executions.failed(name)
    executions.s3.create_bucket(Bucket=name)
    told = command.json("redrive", {"name": name, "arn": executions.arn(name)}.get(called, "latest"))
    assert (told["execution_arn"], told["redrive_count"]) == (executions.arn(name), 1)
    assert executions.ended(name) == "SUCCEEDED"


def test_it_is_followed_to_its_end_where_asked(executions, command):
    executions.failed("followed")
    executions.s3.create_bucket(Bucket="followed")
    shown = command.succeeds("redrive", "followed", "--watch")
    assert shown.startswith("followed goes on (redrive 1)\n")
    assert "✓ List succeeded" in shown
    assert shown.endswith("Execution SUCCEEDED\n")


def test_a_redrive_that_fails_again_says_where_and_why_and_has_exit_code_1(executions, command):
    executions.failed("again")
    result = command("redrive", "again", "--watch")
    assert result.exit_code == 1
    assert "✗ List failed" in result.stdout
    assert "List failed: s3.NoSuchBucketException" in result.stdout
    assert result.stdout.endswith("Execution FAILED\n")
    result = command("redrive", "again", "--watch", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "FAILED"
    assert json.loads(result.stdout)["redrive_count"] == 2


def test_without_a_terminal_it_is_not_waited_for(executions, command):
    executions.failed("unwatched")
    assert command.succeeds("redrive", "unwatched") == "unwatched goes on (redrive 1)\n"
    assert executions.ended("unwatched") == "FAILED"


def test_what_succeeded_is_refused_with_what_to_do_instead(executions, command):
    executions.s3.create_bucket(Bucket="fine")
    executions.start("fine")
    assert executions.ended("fine") == "SUCCEEDED"
    told = command.fails("redrive", "fine")
    assert "fine has succeeded: there is nothing to redrive" in told
    assert "`taproom rerun fine` starts it anew with the same input" in told


def test_what_is_too_old_is_refused_with_the_reason(executions, command, local_aws):
    executions.failed("old")
    local_aws.clock.advance(15 * 24 * 3600)
    told = command.fails("redrive", "old")
    assert "old cannot be redriven: Execution redrivable period exceeded. `taproom rerun old`" in told


def test_an_execution_or_a_stack_that_is_not_there_is_named(executions, command):
    told = command.fails("redrive", "nobody")
    assert f"no execution {executions.arn('nobody')}" in told
    assert "no execution arn:nonsense" in command.fails("redrive", "arn:nonsense")
    told = command.fails("redrive", "latest", "--stack", "elsewhere")
    assert "no stack elsewhere in us-east-1" in told
    assert "--stack" in told
