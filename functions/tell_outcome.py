"""TellOutcome: a run has ended, so people are told what came of it, and CloudWatch what it took.

Takes EventBridge's 'Step Functions Execution Status Change' of an end; answers Told and Outcome. An end is told once,
however often its event comes; an execution that was redriven has an end each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws import aws_unavailable, client
from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics
from notify import note_told, tell, was_told
from rules.run_ending import RunEnding, read_ending
from rules.run_history import read_history
from rules.run_metrics import Measurement, measurements_of
from rules.telling import Run, message_of
from settings import from_environment

logger = Logger()
tracer = Tracer()


@dataclass(frozen=True)
class Config:
    bucket: str
    runs_table: str
    stack: str
    topic: str


@logger.inject_lambda_context(correlation_id_path="detail.executionArn")
@tracer.capture_lambda_handler(capture_response=False)
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    ending = read_ending(event)
    name = f"{ending.execution}#{ending.change.redrive_count}"
    if not ending.change.is_end or was_told(name):
        logger.info("nothing to tell: it is no end, or is told already", status=ending.status)
        return {"Told": False, "Outcome": None}
    run = Run(ending, read_history(history_of(ending)), config.stack, config.bucket)
    message = message_of(run)
    if message is not None:
        for measurement in measurements_of(run):
            emit(measurement, config.stack)
        tell(message, config.topic)
    note_told(name, ending.change.time)
    outcome = list(message.outcomes) if message else None
    logger.info("told" if message else "nothing to tell: the run made nothing", outcome=outcome)
    return {"Told": message is not None, "Outcome": outcome}


def history_of(ending: RunEnding) -> Iterator[dict[str, Any]]:
    pages = client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=ending.execution)
    for page in pages:
        yield from page["events"]


def emit(measurement: Measurement, stack: str) -> None:
    metrics = EphemeralMetrics()
    for name, text in ({"stack": stack} | dict(measurement.dimensions)).items():
        metrics.add_dimension(name, text)
    for name, value in measurement.values.items():
        metrics.add_metric(name, measurement.unit, value)
    metrics.flush_metrics()
