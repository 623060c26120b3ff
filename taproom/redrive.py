"""Redriving an execution: finding the one that is meant, asking for it, and what to do where it is refused."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from taproom.faults import error_code

LATEST = "latest"
BEGIN_LIMIT = 30.0  # seconds that DescribeExecution, which is eventually consistent, may take to tell of a redrive
START_ANEW = (
    "Start a new execution with the same input instead: `make run` here, an upload to reviews/ or StartExecution on AWS"
)


class RedriveError(RuntimeError):
    """There is nothing to redrive; nothing was changed."""


def find_execution(stepfunctions: Any, cloudformation: Any, stack: str, execution: str) -> str:
    """The ARN of ``execution``: an ARN, the name of one of the stack's executions, or "latest".

    Raises RedriveError where there is no such stack, or no execution yet.
    """
    if execution.startswith("arn:"):
        return execution
    machine = _machine_of(cloudformation, stack)
    if execution != LATEST:
        return f"{machine.replace(':stateMachine:', ':execution:')}:{execution}"
    newest = stepfunctions.list_executions(stateMachineArn=machine, maxResults=1)["executions"]
    if not newest:
        raise RedriveError(f"the stack {stack} has no execution yet: there is nothing to redrive")
    return newest[0]["executionArn"]


def redrive(stepfunctions: Any, execution_arn: str) -> dict[str, Any]:
    """Redrive it; returns DescribeExecution's answer once that tells of it.

    Raises RedriveError, which says what to do instead, where the execution is not there or cannot be redriven.
    """
    try:
        before = stepfunctions.describe_execution(executionArn=execution_arn)
        stepfunctions.redrive_execution(executionArn=execution_arn)
    except ClientError as error:
        raise _in_words(error, execution_arn) from error
    deadline = time.monotonic() + BEGIN_LIMIT
    while True:
        execution = stepfunctions.describe_execution(executionArn=execution_arn)
        has_begun = execution["redriveCount"] > before["redriveCount"] and execution["status"] != "PENDING_REDRIVE"
        if has_begun or time.monotonic() > deadline:
            return execution
        time.sleep(0.5)


def _machine_of(cloudformation: Any, stack: str) -> str:
    try:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        region = cloudformation.meta.region_name
        raise RedriveError(
            f"no stack {stack} in {region}: choose another (--stack, --profile, --region). A local AWS has its stack "
            "and executions for as long as the process that deployed them runs"
        ) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", ())}
    if "StateMachineArn" not in outputs:
        raise RedriveError(
            f"the stack {stack} ({described['StackStatus']}) has no output StateMachineArn: deploy it again"
        )
    return outputs["StateMachineArn"]


def _in_words(error: ClientError, execution_arn: str) -> Exception:
    """What to do about a refusal; the error itself where nothing is known of it."""
    code, name = error_code(error), execution_arn.rsplit(":", 1)[-1]
    reason = str(error.response["Error"].get("Message", ""))
    if code in ("ExecutionDoesNotExist", "InvalidArn"):
        return RedriveError(
            f"no execution {execution_arn}: give the name or ARN of one, or {LATEST!r}. Executions are forgotten "
            "90 days after their end, and with their state machine"
        )
    if code != "ExecutionNotRedrivable":
        return error
    if "RUNNING" in reason:
        return RedriveError(f"{name} is still running: it can be redriven once it has failed")
    if "SUCCEEDED" in reason:
        return RedriveError(f"{name} has succeeded: there is nothing to redrive. {START_ANEW}")
    return RedriveError(f"{name} cannot be redriven: {reason}. {START_ANEW}")
