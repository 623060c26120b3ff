"""RecordRun: remembers what the last finished run was made of, so that the next one may find that nothing is new.

Takes ``{"Fingerprint": <Prepare's>, "Execution"}``; answers Recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws import aws_unavailable
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field
from rules.execution import Execution
from rules.validation import StrictDocument, validated
from runs_table import put_row
from settings import from_environment

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    runs_table: str


class Payload(StrictDocument):
    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$", description="64 hexadecimal digits")
    execution: Execution


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    from_environment(Config)
    payload = validated(Payload, event)
    finished = {
        "ExecutionArn": payload.execution.id,
        "Fingerprint": payload.fingerprint,
        "FinishedAt": payload.execution.moment.isoformat(),
    }
    put_row("finished", "run", finished)
    logger.info("run recorded", fingerprint=payload.fingerprint)
    metrics.add_metric("RunsFinished", MetricUnit.Count, 1)
    return {"Recorded": True}
