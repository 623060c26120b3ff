"""An execution that is there, or one sentence on why it is not."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from taproom.executions import LATEST, ExecutionError
from taproom.faults import error_code
from taproom.rerun import FORGOTTEN


def existing(stepfunctions: Any, execution_arn: str) -> dict[str, Any]:
    """DescribeExecution's answer. Raises ExecutionError where there is no such execution."""
    try:
        return stepfunctions.describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if error_code(error) not in FORGOTTEN:
            raise
        raise ExecutionError(
            f"no execution {execution_arn}: give the name or ARN of one, or {LATEST!r}; `taproom runs` lists them"
        ) from error
