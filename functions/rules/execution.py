"""The execution that asks, as the state machine's context object tells of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from rules.validation import InvalidPayload, StrictDocument


class Execution(StrictDocument):
    """StartTime, where it is told, spares a look at what is older. Now is when the asking state was entered."""

    id: str = Field(min_length=1, description="the execution's ARN")
    name: str = Field(min_length=1, description="the execution's name")
    start_time: str | None = Field(None, description="an ISO 8601 time")
    now: str | None = Field(None, description="an ISO 8601 time")

    @property
    def moment(self) -> datetime:
        """Now, with its time zone. Raises InvalidPayload."""
        try:
            moment = datetime.fromisoformat(self.now or "")
        except ValueError as error:
            raise InvalidPayload(f"Execution.Now: received {self.now!r}; allowed is an ISO 8601 time") from error
        if moment.tzinfo is None:
            raise InvalidPayload(f"Execution.Now: received {self.now!r}, which tells no time zone")
        return moment


def of_one_machine(execution: str, other: str) -> bool:
    """Whether two executions, by their ARNs, are of the same state machine."""
    return execution.rpartition(":")[0] == other.rpartition(":")[0]
