"""RecordStep: checks what a step made, and remembers it for runs that would make the same.

Takes what rules.step_output.MadeStep describes; answers Recorded and Reason. What cannot be used is raised as
OutputBroken, before another job is paid to find that out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws import aws_unavailable, client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from read_object import read_object
from rules.cache_entry import Entry
from rules.cached_step import PREPROCESS
from rules.json_document import DocumentMissing, DocumentUnreadable, parse_object
from rules.model_archive import why_broken
from rules.reviews import StoredObject
from rules.s3_uri import parse_s3_uri
from rules.step_output import EVALUATION, MadeStep, TrainingOutput
from rules.validation import validated
from runs_table import read_row, write_row
from settings import from_environment
from stored_objects import InputMissing, find_object, list_objects, read_input

DOCUMENT_LIMIT = 2**26  # bytes; it names every file of reviews

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    bucket: str
    runs_table: str


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    from_environment(Config)
    step = validated(MadeStep, event)
    made, why_not = checked(step)
    key = None
    if why_not is None:
        key, why_not = unchanged_key(step)
    if key is not None and why_not is None:
        record(step, key, made)
    logger.info("recorded" if why_not is None else "not recorded", step=step.step, key=key, objects=len(made))
    metrics.add_metric("StepsRecorded" if why_not is None else "StepsNotRecorded", MetricUnit.Count, 1)
    return {"Recorded": why_not is None, "Reason": why_not or "its inputs are as they were looked up"}


def checked(step: MadeStep) -> tuple[list[StoredObject], str | None]:
    """What the step made, and why it is not worth recording (None: it is). Raises OutputBroken."""
    if not isinstance(step.output, TrainingOutput):
        made = list(list_objects(parse_s3_uri(step.output.prefix)))
        return made, step.check_files(step.output.prefix, made) or unreadable(step, step.output.prefix)
    place = parse_s3_uri(step.output.model_data_url)
    archive = find_object(place)
    if archive is None:
        raise step.broken(str(place), "the job did not write it")
    body = client("s3").get_object(Bucket=place.bucket, Key=place.key)["Body"]
    try:
        why = why_broken(body)
    finally:
        body.close()
    if why is not None:
        raise step.broken(str(place), why)
    return [archive], None


def unreadable(step: MadeStep, prefix: str) -> str | None:
    """Why the evaluation at ``prefix`` (a URI) is not worth recording: a later run would only be told so again.

    None for other steps.
    """
    if step.step == PREPROCESS:
        return None
    uri = f"{prefix}{EVALUATION}"
    try:
        parse_object(read_object(parse_s3_uri(uri)), uri, written_by=step.step)
    except (DocumentMissing, DocumentUnreadable) as error:
        return str(error)
    return None


def unchanged_key(step: MadeStep) -> tuple[str | None, str | None]:
    """The key that was looked up, or why it is not the key of what the job may have read."""
    uri = step.document_uri
    try:
        asked = parse_object(
            read_object(parse_s3_uri(uri), DOCUMENT_LIMIT), uri, written_by="LookUpStep", limit=DOCUMENT_LIMIT
        )
        key = step.key({one.name: read_input(one) for one in step.inputs})
    except (DocumentMissing, DocumentUnreadable, InputMissing) as error:
        return None, str(error)
    if asked.get("Key") != key:
        return None, "an input was overwritten while the job ran, so nobody knows which one it read"
    return key, None


def record(step: MadeStep, key: str, made: list[StoredObject]) -> None:
    """Remember the step's output under its key, and the step's newest run."""
    entry = Entry(
        key,
        step.step,
        step.execution.id,
        step.execution.moment,
        step.output.model_dump(by_alias=True),
        tuple(made),
        step.document_uri,
    )
    put_unless_newer(f"step#{step.step}", key, entry.document(), entry)
    put_unless_newer("newest", step.step, entry.newest(), entry)


def put_unless_newer(kind: str, name: str, document: dict[str, Any], entry: Entry) -> None:
    """Write a row unless what is there was recorded later."""
    while True:
        there = read_row(kind, name)
        if there is not None and datetime.fromisoformat(there.document["RecordedAt"]) > entry.recorded_at:
            return
        if write_row(kind, name, document, over=there, forget_at=entry.forget_at()) is not None:
            return
