"""What DescribeExecution tells of an execution, which may be a little out of date."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

RUNNING = ("RUNNING", "PENDING_REDRIVE")


class Standing(Enum):
    RUNNING = "running"
    OVER = "over"
    MISSING = "missing"  # there is no such execution
    UNANSWERED = "unanswered"  # AWS could not say for now


@dataclass(frozen=True)
class Described:
    """``redrive_count`` is how often the execution had been redriven; None where that is not told."""

    standing: Standing
    redrive_count: int | None = None

    def is_before_redrive(self, count: int) -> bool:
        """Whether this is from before the execution was redriven for the ``count``-th time."""
        return self.redrive_count is not None and self.redrive_count < count


def described(status: str, redrive_count: int | None) -> Described:
    return Described(Standing.RUNNING if status in RUNNING else Standing.OVER, redrive_count)
