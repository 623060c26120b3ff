"""The execution that asks, as the state machine's context object tells of it."""

from __future__ import annotations

from pydantic import Field

from rules.validation import StrictDocument


class Execution(StrictDocument):
    """StartTime, where it is told, spares a look at what is older."""

    id: str = Field(min_length=1, description="the execution's ARN")
    name: str = Field(min_length=1, description="the execution's name")
    start_time: str | None = Field(None, description="an ISO 8601 time")
