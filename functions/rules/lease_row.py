"""The lease: at most one execution at a time runs the jobs. Its row, and when it is free to be taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.standing import Described, Standing

KIND, NAME = "lease", "run"
LENGTH = timedelta(days=7, hours=1)  # an hour more than an execution may take
RESERVATION = timedelta(minutes=15)  # within which the reserved execution is started
SETTLING = timedelta(seconds=2)  # DescribeExecution may not know of an execution that began so recently


@dataclass(frozen=True)
class Lease:
    """Who has the lease, since when and until when.

    ``reserved``: it waits for ``holder``, which is about to be started. ``redrive_count`` is that of the holder when it
    took it, as far as it was known: what is told of the holder from before that redrive is out of date.
    """

    holder: str
    taken_at: datetime
    expires_at: datetime
    reserved: bool = False
    redrive_count: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "Holder": self.holder,
            "TakenAt": self.taken_at.astimezone(UTC).isoformat(),
            "ExpiresAt": self.expires_at.astimezone(UTC).isoformat(),
            "Reserved": self.reserved,
            "RedriveCount": self.redrive_count,
        }

    def is_free(self, described: Described, now: datetime) -> bool:
        """Whether another execution may take it, by what is known of the holder. In doubt it is not free."""
        if self.expires_at <= now:
            return True
        if described.standing is Standing.MISSING:
            return not self.reserved and abs(now - self.taken_at) >= SETTLING
        return described.standing is Standing.OVER and not described.is_before_redrive(self.redrive_count)


def held_lease(holder: str, now: datetime, redrive_count: int = 0) -> Lease:
    """The lease of an execution that runs."""
    return Lease(holder, now, now + LENGTH, redrive_count=redrive_count)


def reserved_lease(holder: str, now: datetime) -> Lease:
    """The lease of an execution that is about to be started."""
    return Lease(holder, now, now + RESERVATION, reserved=True)


def read_lease_document(document: dict[str, Any]) -> Lease:
    return Lease(
        document["Holder"],
        datetime.fromisoformat(document["TakenAt"]),
        datetime.fromisoformat(document["ExpiresAt"]),
        document["Reserved"],
        document.get("RedriveCount", 0),
    )
