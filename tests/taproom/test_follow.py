"""Following ends with the execution, not with a moment in which it waits to go on."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from taproom.follow import follow

ARN = "arn:aws:states:us-east-1:123456789012:execution:machine:one"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:machine"
BEGAN = 1_700_000_000


@pytest.fixture
def answering():
    """A client that answers with these statuses of the execution, one after the other."""

    def client(*statuses: str):
        made = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="a", aws_secret_access_key="a")
        stub = Stubber(made)
        of_one = {
            "stateMachineArn": MACHINE,
            "name": "machine",
            "definition": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
            "roleArn": "arn:role",
        }
        stub.add_response("describe_state_machine_for_execution", of_one | {"updateDate": BEGAN})
        for status in statuses:
            one = {"executionArn": ARN, "stateMachineArn": MACHINE, "status": status, "startDate": BEGAN}
            stub.add_response("describe_execution", one)
            stub.add_response("get_execution_history", {"events": []})
        stub.activate()
        return made

    return client


@pytest.mark.parametrize("last", ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"])
def test_it_goes_on_while_a_redrive_is_pending(answering, last):
    statuses = ["PENDING_REDRIVE", "RUNNING", last]
    assert [one.status for one in follow(answering(*statuses), ARN, every=0)] == statuses
