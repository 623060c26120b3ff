"""How long ago a run last made all that there is to make, and what people are told when that is too long.

A run that found nothing new made nothing: that no reviews come any more is worth a look too.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rules.message import Message
from rules.wording import printable

DAY = 86_400  # seconds
STALE = "Stale"


@dataclass(frozen=True)
class Freshness:
    """``last`` is when a run last succeeded; None where none ever did, and then it counts from ``watched_since``."""

    last: datetime | None
    watched_since: datetime
    now: datetime
    stale_after_days: int

    @property
    def days(self) -> float:
        """Never below 0, whatever the clocks say."""
        since = self.watched_since if self.last is None else self.last
        return max(round((self.now - since).total_seconds() / DAY, 2), 0.0)

    @property
    def is_stale(self) -> bool:
        return self.days > self.stale_after_days


def stale_message(freshness: Freshness, stack: str, region: str, executions: Sequence[dict[str, Any]]) -> Message:
    """``executions`` are the newest ones, as ListExecutions tells of them."""
    where = ("--region", region, "--stack", stack)
    commands = {
        "What would keep a run from succeeding:": ("taproom", "doctor"),
        "Whether the schedule is on:": ("taproom", "schedule"),
        "What the last runs came to:": ("taproom", "runs"),
    }
    since = "no run has succeeded yet" if freshness.last is None else f"the last success was {_minute(freshness.last)}"
    told = [f"  {_execution(one, freshness)}" for one in executions]
    lines = [
        f"No run has made new models for {freshness.days:.0f} days: {since}.",
        f"More than {freshness.stale_after_days} days are told every day (the stack's parameter StaleAfterDays).",
        "",
        "The newest executions",
        *(told or ["  none: neither the schedule nor an upload has started one"]),
        "",
        "What to look at",
        *(f"  {what} {shlex.join((*command, *where))}" for what, command in commands.items()),
    ]
    text = "\n".join(lines)
    return Message(f"{stack}: {STALE}: no success for {freshness.days:.0f} days", f"{text}\n", (STALE,))


def _execution(one: dict[str, Any], freshness: Freshness) -> str:
    started = one["startDate"]
    told = f"{printable(one['name'])}  {one['status']}, started {_minute(started)}"
    quiet = one["status"] == "SUCCEEDED" and (freshness.last is None or one["startDate"] > freshness.last)
    return f"{told}: it found nothing new, no reviews, or another run under way" if quiet else told


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M UTC}"
