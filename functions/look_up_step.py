"""LookUpStep: looks whether an earlier run of a step made what this run's would make.

Takes what rules.cached_step.CachedStep describes. Writes the document by which ``taproom explain-cache`` tells why the
step runs; answers Hit, Output (of the earlier run; empty on a miss), From (its execution's ARN), Reason and Key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aws import aws_unavailable
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from read_object import read_object
from rules.cache_entry import DISABLED, objects_document, read_entry
from rules.cached_step import CachedStep, Inputs
from rules.differences import differences
from rules.json_document import DocumentMissing, DocumentUnreadable, parse_object
from rules.s3_uri import parse_s3_uri
from rules.validation import validated
from runs_table import read_row
from settings import from_environment
from stored_objects import find_objects, read_input
from write_document import write_document

SCHEMA_VERSION = 1
DOCUMENT_LIMIT = 2**26  # bytes; it names every file of reviews

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    bucket: str
    runs_table: str


@dataclass(frozen=True)
class Found:
    """The answer: ``output`` is empty where nothing that was made before can be taken."""

    reason: str
    output: dict[str, Any] = field(default_factory=dict)
    execution: str = ""  # ARN
    made_at: str | None = None  # ISO 8601

    @property
    def hit(self) -> bool:
        return bool(self.output)


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    question = validated(CachedStep, event)
    inputs = {one.name: read_input(one) for one in question.inputs}
    key = question.key(inputs)
    newest = read_row("newest", question.step)
    found = look_up(question, key, config.bucket, known=newest is not None)
    asked = asked_document(question, key, inputs)
    told = [] if found.hit or newest is None else against(newest.document, asked)
    write_document(
        parse_s3_uri(question.document_uri),
        asked
        | {"Hit": found.hit, "Reason": found.reason, "From": found.execution, "Differences": told}
        | {"RecordedAt": found.made_at},
    )
    logger.info("looked up", step=question.step, hit=found.hit, key=key, differences=len(told))
    metrics.add_metric("StepsFound" if found.hit else "StepsNotFound", MetricUnit.Count, 1)
    return {
        "Hit": found.hit,
        "Output": found.output,
        "From": found.execution,
        "Reason": found.reason,
        "Key": key,
    }


def look_up(question: CachedStep, key: str, bucket: str, *, known: bool) -> Found:
    """What an earlier run made for the same key, or why there is nothing to take. ``known``: any run is recorded."""
    if not question.cache_config.enabled and question.rerun_of is None:
        return Found(DISABLED)
    row = read_row(f"step#{question.step}", key)
    if row is None:
        return Found("no recorded run had the same code, settings and inputs" if known else "no run is recorded yet")
    entry = read_entry(row.document)
    objects = find_objects(bucket, [one.key for one in entry.made])
    why_not = entry.not_to_be_used(question) or entry.spoilt(objects)
    if why_not is not None:
        return Found(why_not)
    told = f"{entry.execution} had the same code, settings and inputs"
    return Found(told, entry.output, entry.execution, entry.recorded_at.isoformat())


def asked_document(question: CachedStep, key: str, inputs: Inputs) -> dict[str, Any]:
    """What the step is asked in this run, of which a later run tells its differences."""
    return {
        "schema_version": SCHEMA_VERSION,
        "Step": question.step,
        "Key": key,
        "Attributes": question.attributes.document(),
        "Code": question.code,
        "Inputs": [{"Name": name, "Objects": objects_document(objects)} for name, objects in inputs.items()],
        "ExecutionArn": question.execution.id,
        "At": question.execution.now,
    }


def against(newest: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """What differs from the newest recorded run of the step."""
    if newest["Key"] == asked["Key"]:
        return []
    uri = newest["DocumentUri"]
    body = read_object(parse_s3_uri(uri), DOCUMENT_LIMIT)
    try:
        return differences(parse_object(body, uri, written_by="LookUpStep", limit=DOCUMENT_LIMIT), asked)
    except (DocumentMissing, DocumentUnreadable) as error:
        return [f"what {newest['ExecutionArn']} was asked is no longer known: {error}"]
