"""Finding an execution of a stack, and what it left in the data bucket, by what a person calls it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

LATEST = "latest"
HASH_LENGTH = 12  # hexadecimal digits: with a hash of the ARN ends the folder's name of an execution
GONE = ("404", "NoSuchKey", "NoSuchBucket")


class ExecutionError(RuntimeError):
    """An execution cannot be found, redriven or rerun; nothing was changed. Says what to do instead."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack's outputs that executions need."""

    machine: str
    bucket: str


def stack_of(cloudformation: Any, name: str) -> Stack:
    """Raises ExecutionError where there is no such stack, or one without a state machine."""
    try:
        described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        region = cloudformation.meta.region_name
        raise ExecutionError(
            f"no stack {name} in {region}: choose another (--stack, --profile, --region). A local AWS has its stack "
            "and executions for as long as the process that deployed them runs"
        ) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", ())}
    if "StateMachineArn" not in outputs:
        raise ExecutionError(
            f"the stack {name} ({described['StackStatus']}) has no output StateMachineArn: see taproom doctor"
        )
    return Stack(outputs["StateMachineArn"], outputs.get("DataBucketName", ""))


def find_execution(stepfunctions: Any, cloudformation: Any, stack: str, execution: str) -> str:
    """The ARN of ``execution``: an ARN, the name of one of the stack's executions, or "latest".

    Raises ExecutionError where there is no such stack, or no execution yet.
    """
    if execution.startswith("arn:"):
        return execution
    machine = stack_of(cloudformation, stack).machine
    if execution != LATEST:
        return f"{machine.replace(':stateMachine:', ':execution:')}:{execution}"
    newest = stepfunctions.list_executions(stateMachineArn=machine, maxResults=1)["executions"]
    if not newest:
        raise ExecutionError(f"the stack {stack} has no execution yet")
    return newest[0]["executionArn"]


def machine_of(execution_arn: str) -> str:
    """The ARN of the state machine whose execution it is."""
    return execution_arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")


def run_prefix(s3: Any, bucket: str, execution_arn: str) -> str | None:
    """The key prefix (``runs/<folder>/``) of what an execution left in the bucket; None where it left nothing.

    Works for executions that Step Functions has forgotten.
    """
    ending = f"-{hashlib.sha256(execution_arn.encode()).hexdigest()[:HASH_LENGTH]}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="runs/", Delimiter="/")
    prefixes = (one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ()))
    return next((prefix for prefix in prefixes if prefix.endswith(ending)), None)


def document_of(s3: Any, bucket: str, key: str) -> Any:
    """A JSON document; None where there is none. Raises ExecutionError where it is not JSON."""
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise
    try:
        return json.loads(body)
    except ValueError as error:
        raise ExecutionError(f"s3://{bucket}/{key} is not JSON: {error}") from error
