"""Which states a person wants to see: the work, and bookkeeping around it only where it takes long or fails."""

from __future__ import annotations

from datetime import datetime

from taproom.follow import UNDER_WAY, Snapshot
from taproom.history import StateRow, is_bookkeeping

LONG = 5.0  # seconds


def rows_to_show(snapshot: Snapshot, now: datetime) -> list[StateRow]:
    """The rows of a snapshot without bookkeeping, and after its end without what was never entered."""
    over = snapshot.status not in UNDER_WAY
    return [row for row in snapshot.states if not (over and row.status == "waiting") and _worth_showing(row, now)]


def _worth_showing(row: StateRow, now: datetime) -> bool:
    if not is_bookkeeping(row.name) or row.status in ("failed", "aborted"):
        return True
    return (row.seconds(now) or 0.0) >= LONG
