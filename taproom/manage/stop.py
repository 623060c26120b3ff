"""Stopping an execution: which one is meant, and the stop itself."""

from __future__ import annotations

import time
from typing import Any

from taproom.executions import ExecutionError
from taproom.follow import UNDER_WAY
from taproom.manage.found import existing

ERROR, CAUSE = "Stopped", "stopped by a person: taproom stop"
END_LIMIT = 30.0  # seconds that DescribeExecution, which is eventually consistent, may take to tell of the end
THEN = (
    "Its jobs are stopped, the lease is released, and what waits for its end starts: uploads that came meanwhile, and "
    "starts by hand."
)


def the_running_one(stepfunctions: Any, machine: str) -> str:
    """The ARN of the execution that is under way. Raises ExecutionError where there is none, or more than one."""
    running = stepfunctions.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    if not running:
        raise ExecutionError("nothing runs: `taproom runs` lists what has ended")
    if len(running) > 1:
        raise ExecutionError(f"{len(running)} executions run, name one: {', '.join(one['name'] for one in running)}")
    return running[0]["executionArn"]


def check_running(stepfunctions: Any, execution_arn: str) -> None:
    """Raises ExecutionError where it is not there, or has ended."""
    status = existing(stepfunctions, execution_arn)["status"]
    if status not in UNDER_WAY:
        raise ExecutionError(f"{execution_arn.rsplit(':', 1)[-1]} has ended already ({status}): nothing was stopped")


def stop(stepfunctions: Any, execution_arn: str) -> str:
    """Stop it; returns its status once it has ended, which is SUCCEEDED or FAILED where it was faster."""
    stepfunctions.stop_execution(executionArn=execution_arn, error=ERROR, cause=CAUSE)
    deadline = time.monotonic() + END_LIMIT
    while True:
        status = stepfunctions.describe_execution(executionArn=execution_arn)["status"]
        if status not in UNDER_WAY or time.monotonic() > deadline:
            return status
        time.sleep(0.2)
