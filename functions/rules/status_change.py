"""EventBridge's 'Step Functions Execution Status Change': which execution, and what became of it.

Such events may come twice, late, and in another order than they happened in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.validation import InvalidPayload
from rules.wording import shown

ENDS = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class StatusChange:
    """``time`` is the event's own; ``redrive_count`` is how often the execution had been redriven by then."""

    execution: str
    machine: str
    status: str
    redrive_count: int
    time: datetime

    @property
    def is_end(self) -> bool:
        return self.status in ENDS

    @property
    def is_redrive(self) -> bool:
        return self.status == "RUNNING" and self.redrive_count > 0


def read_status_change(event: Any) -> StatusChange:
    """The event's own words, without what is of no use here. Raises InvalidPayload."""
    try:
        detail = event["detail"]
        change = StatusChange(
            detail["executionArn"],
            detail["stateMachineArn"],
            detail["status"],
            detail.get("redriveCount") or 0,
            datetime.fromisoformat(event["time"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidPayload(f"not an event of an execution's status: {shown(str(error))}") from error
    texts = (change.execution, change.machine, change.status)
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(change.redrive_count, int):
        raise InvalidPayload("not an event of an execution's status: its detail is of other types")
    if change.time.tzinfo is None:
        raise InvalidPayload(f"not an event of an execution's status: {shown(event['time'])} tells no time zone")
    return change
