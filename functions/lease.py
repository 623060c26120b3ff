"""The lease in the table of runs: read, taken, reserved and given back, always over what was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from execution_status import describe_holder
from rules.lease_row import KIND, NAME, Lease, held_lease, read_lease_document
from runs_table import Row, read_row, remove_row, write_row


@dataclass(frozen=True)
class Seen:
    """The lease as it was read, and the row that tells so; None of both where there is none."""

    row: Row | None
    lease: Lease | None


def see_lease() -> Seen:
    """The lease as it is now."""
    row = read_row(KIND, NAME)
    return Seen(row, read_lease_document(row.document) if row else None)


def write_lease(lease: Lease, seen: Seen) -> bool:
    """Write the lease over the one that was seen; whether that was still so."""
    return write_row(KIND, NAME, lease.document(), over=seen.row) is not None


def remove_lease(seen: Seen) -> bool:
    """Remove the lease that was seen; whether that was still so."""
    return seen.row is not None and remove_row(seen.row)


def take_lease(execution: str, now: datetime, redrive_count: int = 0) -> Lease:
    """Take the lease for an execution if it is free; returns the lease as it is then, whoever has it.

    Taken again by its own holder it stays as it is, unless that was redriven since.
    """
    while True:
        seen = see_lease()
        if seen.lease is not None:
            own = seen.lease.holder == execution
            if own and not seen.lease.reserved and seen.lease.redrive_count >= redrive_count:
                return seen.lease
            if not own and not seen.lease.is_free(describe_holder(seen.lease.holder, execution), now):
                return seen.lease
        lease = held_lease(execution, now, redrive_count)
        if write_lease(lease, seen):
            return lease
