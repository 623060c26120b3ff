"""WatchFreshness: asked every day, measures how long ago a run last succeeded, and tells people when that is too long.

Takes ``{"Time": <the scheduled time>}``; answers Days and Told. An alarm alone could not: it looks back seven days at
most, and what does not happen has no metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws import aws_unavailable, client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from notify import note_told, tell, was_told
from pydantic import AwareDatetime, Field
from rules.console import region_of
from rules.freshness import Freshness, stale_message
from rules.validation import StrictDocument, validated
from runs_table import read_row, write_row
from settings import from_environment

NEWEST = 5  # executions that the message tells of

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    runs_table: str
    stack: str
    stale_after_days: str
    state_machine: str
    topic: str


class Payload(StrictDocument):
    time: AwareDatetime = Field(strict=False, description="an ISO 8601 time with its time zone")


@logger.inject_lambda_context(correlation_id_path="Time")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    now = validated(Payload, event).time
    freshness = Freshness(last_success(), watched_since(now), now, int(config.stale_after_days))
    metrics.add_dimension("stack", config.stack)
    metrics.add_metric("DaysSinceSuccess", MetricUnit.Count, freshness.days)
    name = f"stale#{now:%Y-%m-%d}"
    told = freshness.is_stale and not was_told(name)
    if told:
        tell(stale_message(freshness, config.stack, region_of(config.topic), newest(config)), config.topic)
        note_told(name, now)
    logger.info("freshness measured", days=freshness.days, stale=freshness.is_stale, told=told)
    return {"Days": freshness.days, "Told": told}


def last_success() -> datetime | None:
    """When the last run finished of which RecordRun took note."""
    last = read_row("finished", "run")
    return None if last is None else datetime.fromisoformat(last.document["FinishedAt"])


def watched_since(now: datetime) -> datetime:
    """When this was asked first; where that is now, it is noted."""
    write_row("freshness", "watched", {"Since": now.isoformat()}, over=None)
    seen = read_row("freshness", "watched")
    return now if seen is None else datetime.fromisoformat(seen.document["Since"])


def newest(config: Config) -> list[dict[str, Any]]:
    listed = client("stepfunctions").list_executions(stateMachineArn=config.state_machine, maxResults=NEWEST)
    return listed["executions"]
