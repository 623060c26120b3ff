"""Redriving an execution: asking for it, and what to do where it is refused."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from taproom.executions import LATEST, ExecutionError
from taproom.faults import error_code
from taproom.outcome import LEASE_HELD, MODELS_FAILED

BEGIN_LIMIT = 30.0  # seconds that DescribeExecution, which is eventually consistent, may take to tell of a redrive


def redrive(stepfunctions: Any, execution_arn: str) -> dict[str, Any]:
    """Redrive it; returns DescribeExecution's answer once that tells of it.

    Raises ExecutionError where the execution is not there, cannot be redriven, or may not go on because another run is
    under way.
    """
    try:
        before = stepfunctions.describe_execution(executionArn=execution_arn)
        _refuse_ended_branches(before)
        stepfunctions.redrive_execution(executionArn=execution_arn)
    except ClientError as error:
        raise _in_words(error, execution_arn) from error
    deadline = time.monotonic() + BEGIN_LIMIT
    while True:
        execution = stepfunctions.describe_execution(executionArn=execution_arn)
        has_begun = execution["redriveCount"] > before["redriveCount"] and execution["status"] != "PENDING_REDRIVE"
        if has_begun or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    if refusal := lease_held(execution):
        raise ExecutionError(refusal)
    return execution


def lease_held(execution: dict[str, Any]) -> str | None:
    """What to say of a redriven execution that was ended because another run is under way; None for any other."""
    if execution["status"] != "ABORTED" or execution.get("error") != LEASE_HELD:
        return None
    return f"{execution['name']} may not go on beside another run: {execution.get('cause', '')}"


def _refuse_ended_branches(execution: dict[str, Any]) -> None:
    """After the branches have ended a redrive would only fail anew, as no state of them is entered again."""
    if execution["status"] == "FAILED" and execution.get("error") == MODELS_FAILED:
        name = execution["name"]
        raise ExecutionError(
            f"every model's branch of {name} has ended, so that a redrive would run nothing. {_anew(name)}"
        )


def _anew(name: str) -> str:
    return f"`taproom rerun {name}` starts it anew with the same input, and takes finished steps from earlier runs"


def _in_words(error: ClientError, execution_arn: str) -> Exception:
    """What to do about a refusal; the error itself where nothing is known of it."""
    code, name = error_code(error), execution_arn.rsplit(":", 1)[-1]
    reason = str(error.response["Error"].get("Message", ""))
    if code in ("ExecutionDoesNotExist", "InvalidArn"):
        return ExecutionError(
            f"no execution {execution_arn}: give the name or ARN of one, or {LATEST!r}. Executions are forgotten "
            "90 days after their end, and with their state machine"
        )
    if code != "ExecutionNotRedrivable":
        return error
    if "RUNNING" in reason:
        return ExecutionError(f"{name} is still running: it can be redriven once it has failed")
    if "SUCCEEDED" in reason:
        return ExecutionError(f"{name} has succeeded: there is nothing to redrive. {_anew(name)}")
    return ExecutionError(f"{name} cannot be redriven: {reason}. {_anew(name)}")
