"""TakeLease: has one execution at a time run the jobs; whoever comes meanwhile is served when that one ends.

Takes ``{"Input": <the execution input>, "Execution": {"Id", "Name", "StartTime", "Now"}}``. Answers Taken, WaitSeconds
(for how long to wait for more uploads), Holder (the ARN of the execution that has the lease) and Reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws import aws_unavailable
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from lease import take_lease
from pending import forget_start, record_start, record_upload, renew_uploads
from rules.execution import Execution
from rules.execution_input import Request, read_execution_input
from rules.validation import validated
from settings import from_environment

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    bucket: str
    runs_table: str
    upload_debounce_seconds: str


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    execution = validated(Execution, event.get("Execution"), where="Execution")
    given = event.get("Input")
    request = read_execution_input(given, config.bucket)
    debounce = int(config.upload_debounce_seconds)
    lease = take_lease(execution.id, execution.moment)
    if lease.holder != execution.id and wait_for_the_end(request, given, execution):
        # again: the holder may have ended before it could see what waits
        lease = take_lease(execution.id, execution.moment)
    taken = lease.holder == execution.id
    if taken and is_start(request):
        forget_start(execution)
    logger.info("lease taken" if taken else "another execution has the lease", holder=lease.holder)
    metrics.add_metric("LeaseTaken" if taken else "RunsCoalesced", MetricUnit.Count, 1)
    return {
        "schema_version": 1,
        "Taken": taken,
        "WaitSeconds": debounce if taken and (request.uploaded or request.coalesced) else 0,
        "Holder": lease.holder,
        "Reason": "this execution runs" if taken else f"{lease.holder} runs; {what_becomes_of(request)}",
    }


def is_start(request: Request) -> bool:
    """Whether a person started the execution, or it is a rerun."""
    return request.rerun_of is not None or request.trigger is None


def wait_for_the_end(request: Request, given: Any, execution: Execution) -> bool:
    """Record what is to be served when the running execution has ended; whether there is anything to record."""
    if is_start(request):
        record_start(given, execution)
    elif request.uploaded:
        record_upload(given["Trigger"], given.get("DefaultInput", {}), execution)
    elif request.coalesced:
        renew_uploads()
    else:
        return False
    return True


def what_becomes_of(request: Request) -> str:
    if is_start(request):
        return "when it has ended, an execution with this very input is started"
    if request.scheduled:
        return "it serves this schedule too"
    return "when it has ended, an execution follows for all uploads that came meanwhile"
