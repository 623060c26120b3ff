"""What is known of an execution's redrives: how often, when, and whether another one is allowed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

PERIOD = timedelta(days=14)  # after an execution's end
MOST_EVENTS = 24_999
TOKENS, TOKEN_PERIOD = 10, timedelta(minutes=15)  # of the newest redrives: asked for again, they are answered as before


@dataclass
class Redrives:
    """What an execution's redrives left: moto's Execution has it as ``redrives``. Times are the local clock's."""

    count: int = 0
    date: datetime | None = None
    ended: datetime | None = None
    tokens: dict[str, datetime] = field(default_factory=dict)
    changing: threading.Lock = field(default_factory=threading.Lock)  # held while the execution's status changes

    def answered(self, token: str | None, now: datetime) -> datetime | None:
        """The date that was answered when the token was first given."""
        date = self.tokens.get(token) if token else None
        return date if date is not None and now - date <= TOKEN_PERIOD else None

    def began(self, token: str | None, now: datetime) -> None:
        self.count += 1
        self.date = now
        if token:
            self.tokens.pop(token, None)
            self.tokens[token] = now
            for oldest in list(self.tokens)[:-TOKENS]:
                del self.tokens[oldest]


def redrives_of(execution: Any) -> Redrives:
    return vars(execution).setdefault("redrives", Redrives())


def reason_against(execution: Any, now: datetime) -> str | None:
    """Why an execution cannot be redriven, in AWS's words; None where it can."""
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution.status} and cannot be redriven"
    if now - (redrives_of(execution).ended or now) > PERIOD:
        return "Execution redrivable period exceeded"
    if len(execution.exec_worker.env.event_manager._history_event_list) >= MOST_EVENTS:
        return "Execution history event limit exceeded"
    return None


def redrive_fields(execution: Any, now: datetime) -> dict[str, Any]:
    """What DescribeExecution and the status events tell of redrives."""
    redrives, reason = redrives_of(execution), reason_against(execution, now)
    fields = {"redriveCount": redrives.count, "redriveDate": redrives.date}
    if reason is None:
        return fields | {"redriveStatus": "REDRIVABLE"}
    return fields | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
