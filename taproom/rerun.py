"""Rerunning an execution: a new one with the parameters of an earlier one, whose finished steps it takes over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from taproom.executions import LATEST, ExecutionError, Stack, document_of, machine_of, run_prefix
from taproom.faults import error_code
from taproom.follow import UNDER_WAY
from taproom.history import state_outputs

ENVELOPE = {"DefaultInput", "Trigger", "RerunOf"}
FORGOTTEN = ("ExecutionDoesNotExist", "InvalidArn")


def rerun(stepfunctions: Any, s3: Any, execution_arn: str, stack: Stack | None) -> str:
    """Start an execution with the parameters of ``execution_arn``; returns the new one's ARN.

    ``stack`` tells the bucket that remembers the parameters of an execution which Step Functions has forgotten.
    Raises ExecutionError where the execution is under way, or where nobody remembers it.
    """
    described = _described(stepfunctions, execution_arn)
    name = execution_arn.rsplit(":", 1)[-1]
    if described and described["status"] in UNDER_WAY:
        raise ExecutionError(f"{name} is still running: it can be rerun once it has ended")
    parameters = _prepared(stepfunctions, execution_arn) if described else None
    if parameters is None and stack and stack.bucket:
        parameters = _requested(s3, stack.bucket, execution_arn)
    if parameters is None and described:
        parameters = given_parameters(json.loads(described.get("input") or "{}"))
    if parameters is None:
        raise ExecutionError(
            f"no execution {execution_arn}: give the name or ARN of one, or {LATEST!r}. Of an execution that Step "
            "Functions has forgotten, the bucket remembers the parameters if it came as far as its first job"
        )
    request = {"DefaultInput": parameters, "RerunOf": execution_arn}
    machine = described["stateMachineArn"] if described else machine_of(execution_arn)
    return stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"]


def given_parameters(execution_input: Any) -> dict[str, Any]:
    """The parameters in an execution's input; an upload's folder is the reviews to read.

    Raises ExecutionError where the input is not an object.
    """
    if not isinstance(execution_input, Mapping):
        raise ExecutionError("its input is no JSON object: start a new execution with one that is")
    if not ENVELOPE & execution_input.keys():
        return dict(execution_input)
    parameters = dict(execution_input.get("DefaultInput") or {})
    trigger = execution_input.get("Trigger") or {}
    if "Key" in trigger and "Bucket" in trigger:
        parameters["InputData"] = f"s3://{trigger['Bucket']}/{trigger['Key'].rpartition('/')[0]}/"
    return parameters


def _described(stepfunctions: Any, execution_arn: str) -> dict[str, Any] | None:
    try:
        return stepfunctions.describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if error_code(error) in FORGOTTEN:
            return None
        raise


def _prepared(stepfunctions: Any, execution_arn: str) -> dict[str, Any] | None:
    """The parameters that the execution ran with, as Prepare completed them; None where it did not come so far."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, includeExecutionData=True
    )
    outputs = state_outputs(event for page in pages for event in page["events"])
    prepared = (outputs.get("Prepare") or {}).get("Prepare") or {}
    return prepared.get("Parameters")


def _requested(s3: Any, bucket: str, execution_arn: str) -> dict[str, Any] | None:
    """The parameters in request.json of the execution's folder in the bucket; None where there is none."""
    prefix = run_prefix(s3, bucket, execution_arn)
    request = document_of(s3, bucket, f"{prefix}request.json") if prefix else None
    return (request or {}).get("Parameters")
