"""WriteReport: an execution has ended, so its page is written: report.html in the run's folder of the bucket.

Takes EventBridge's 'Step Functions Execution Status Change' of an end; answers Written (an s3:// URI or null) and
Reason. The page is made by taproom.report, as on a laptop. Beside it lies what later reports tell of this run:
costs.json, and the logs of its trainings and of its failed jobs.

An execution that ended as Coalesced has no report, as nothing ran. What the page tells is read anew each time, so an
event that comes twice, or late, writes the same page again.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from taproom.ending import COALESCED, quiet_end
from taproom.follow import UNDER_WAY, Snapshot, snapshot_of
from taproom.report import write_report
from taproom.report.gather import gather
from taproom.report.publish import publish
from taproom.report.run_uri import run_uri_of

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@cache
def client(service: str) -> Any:
    """The boto3 client of ``service`` in the function's region."""
    return boto3.client(service)


@logger.inject_lambda_context(correlation_id_path="detail.executionArn")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    snapshot = snapshot_of(client("stepfunctions"), execution_of(event))
    if reason := why_none(snapshot):
        logger.info(reason)
        return {"Written": None, "Reason": reason}
    run = run_uri_of(snapshot, os.environ["BUCKET"])
    with tempfile.TemporaryDirectory() as runs:
        folder = gather(client, snapshot, run, Path(runs))
        page = write_report(snapshot, folder)
        size = page.stat().st_size
        written = publish(client("s3"), snapshot, folder, run)
    reason = f"the execution is {snapshot.status}"
    logger.info("report written", bytes=size, status=snapshot.status)
    metrics.add_metric("ReportsWritten", MetricUnit.Count, 1)
    metrics.add_metric("ReportBytes", MetricUnit.Bytes, size)
    return {"Written": written, "Reason": reason}


def execution_of(event: Any) -> str:
    """The execution's ARN. Raises ValueError where the event is another one."""
    try:
        execution = event["detail"]["executionArn"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an event of an execution's status: it has no {error}") from error
    if not isinstance(execution, str) or not execution:
        raise ValueError("not an event of an execution's status: detail.executionArn is no text")
    return execution


def why_none(snapshot: Snapshot) -> str:
    """Why the execution has no report; "" where it has one."""
    if snapshot.status in UNDER_WAY:
        return "the execution was redriven since, and its next end writes the report"
    quiet = quiet_end(snapshot.events)
    return "nothing ran, as another run was under way" if quiet and quiet.kind == COALESCED else ""
