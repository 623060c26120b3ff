"""RetakeLease: an execution that was redriven takes the lease again, or is stopped if another one has it.

Takes EventBridge's 'Step Functions Execution Status Change' of a redrive; answers Taken and Holder. A redrive goes on
where it failed, so the state machine itself does not come by TakeLease again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws import AwsUnavailable, aws_unavailable, client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError
from execution_status import describe, describe_holder
from lease import see_lease, take_lease
from rules.lease_row import Lease
from rules.standing import Standing
from rules.status_change import StatusChange, read_status_change
from settings import from_environment

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    runs_table: str


@logger.inject_lambda_context(correlation_id_path="detail.executionArn")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    from_environment(Config)
    change = read_status_change(event)
    lease = retake(change) if change.is_redrive and still_runs(change) else see_lease().lease
    taken = lease is not None and lease.holder == change.execution
    logger.info("redrive seen", status=change.status, taken=taken, holder=lease.holder if lease else None)
    metrics.add_metric("LeaseRetaken", MetricUnit.Count, int(taken))
    return {"Taken": taken, "Holder": lease.holder if lease else None}


def still_runs(change: StatusChange) -> bool:
    """Whether the execution has not ended since the redrive."""
    now = describe(change.execution)
    if now.standing is Standing.UNANSWERED:
        raise AwsUnavailable("DescribeExecution did not answer, so it is not known whether the redrive still runs")
    return now.standing is Standing.RUNNING or (
        now.standing is Standing.OVER and now.is_before_redrive(change.redrive_count)
    )


def retake(change: StatusChange) -> Lease:
    """The lease, for the redriven execution if it is free; else that is stopped."""
    lease = take_lease(change.execution, change.time, change.redrive_count)
    if lease.holder == change.execution:
        return lease
    if describe_holder(lease.holder, change.execution).standing is Standing.UNANSWERED:
        raise AwsUnavailable("DescribeExecution did not answer, so it is not known whether the lease is free")
    stop(change.execution, lease.holder)
    return lease


def stop(execution: str, holder: str) -> None:
    name = execution.rpartition(":")[2]
    cause = f"{holder} is running: redrive {name} again when it has ended"
    try:
        client("stepfunctions").stop_execution(executionArn=execution, error="LeaseHeld", cause=cause)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
    metrics.add_metric("RedrivesStopped", MetricUnit.Count, 1)
    logger.warning("redrive stopped: another execution has the lease", holder=holder)
