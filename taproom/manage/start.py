"""Starting an execution, and where AWS's console shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from taproom.executions import ExecutionError
from taproom.faults import error_code

CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
NAME_TAKEN = ("ExecutionAlreadyExists", "InvalidName")


def start(stepfunctions: Any, machine: str, parameters: Mapping[str, Any], name: str | None = None) -> str:
    """Start an execution; returns its ARN. Raises ExecutionError where the name is taken, or is none."""
    named = {} if name is None else {"name": name}
    try:
        started = stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(parameters), **named)
    except ClientError as error:
        if error_code(error) in NAME_TAKEN:
            message = error.response["Error"].get("Message", "")
            raise ExecutionError(f"no execution can be named {name}: {message}. Choose another --name") from error
        raise
    return started["executionArn"]


def console_url(stepfunctions: Any, execution_arn: str) -> str | None:
    """Where AWS's console shows an execution; None on any other endpoint than AWS's own."""
    if not at_aws(stepfunctions):
        return None
    _, partition, _, region, *_ = execution_arn.split(":")
    host = CONSOLES.get(partition, "console.aws.amazon.com")
    return f"https://{region}.{host}/states/home?region={region}#/v2/executions/details/{execution_arn}"


def at_aws(client: Any) -> bool:
    """Whether a client talks to AWS itself, and not to something that plays it."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
