"""The end of an execution, as EventBridge's 'Step Functions Execution Status Change' tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rules.status_change import StatusChange, read_status_change


@dataclass(frozen=True)
class RunEnding:
    """``output`` is None where there is none, or where it was too large for the event."""

    change: StatusChange
    name: str
    error: str
    cause: str
    started: datetime | None
    stopped: datetime | None
    output: Mapping[str, Any] | None

    @property
    def execution(self) -> str:
        return self.change.execution

    @property
    def status(self) -> str:
        return self.change.status


def read_ending(event: Any) -> RunEnding:
    """Raises InvalidPayload for what is no such event."""
    change = read_status_change(event)
    detail = event["detail"]
    return RunEnding(
        change,
        change.execution.rpartition(":")[2],
        str(detail.get("error") or ""),
        str(detail.get("cause") or ""),
        _moment(detail.get("startDate")),
        _moment(detail.get("stopDate")),
        json_object(detail.get("output")),
    )


def json_object(text: Any) -> Mapping[str, Any] | None:
    """The JSON object in a text; None where there is none."""
    try:
        document = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _moment(milliseconds: Any) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if isinstance(milliseconds, int | float) else None
