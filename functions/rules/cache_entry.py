"""What is remembered of a step's run, and whether that is still good for another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rules.cached_step import CachedStep
from rules.iso_duration import parse_duration
from rules.reviews import StoredObject
from rules.wording import clipped, listed

KEPT_FOR = timedelta(days=365)


@dataclass(frozen=True)
class Entry:
    """A step's output: ``made`` are its objects as they were when it was recorded."""

    key: str
    step: str
    execution: str  # ARN
    recorded_at: datetime
    output: dict[str, Any]
    made: tuple[StoredObject, ...]
    document_uri: str

    def document(self) -> dict[str, Any]:
        """The row ``step#<Step>``."""
        newest = self.newest()
        return newest | {"Step": self.step, "Output": self.output, "Objects": objects_document(self.made)}

    def newest(self) -> dict[str, Any]:
        """The row ``newest``: where to find what the step was asked."""
        return {
            "Key": self.key,
            "ExecutionArn": self.execution,
            "RecordedAt": self.recorded_at.isoformat(),
            "DocumentUri": self.document_uri,
        }

    def forget_at(self) -> int:
        """Seconds since the epoch."""
        return int((self.recorded_at + KEPT_FOR).timestamp())

    def not_to_be_used(self, question: CachedStep) -> str | None:
        """Why the execution that asks may not have it, as far as its CacheConfig says; a rerun always may."""
        if question.rerun_of is not None:
            return None
        if not question.cache_config.enabled:
            return DISABLED
        lasts = parse_duration(question.cache_config.expire_after)
        if self.recorded_at + lasts > question.execution.moment:
            return None
        return (
            f"CacheConfig.ExpireAfter {question.cache_config.expire_after} is over: {self.execution} made it, "
            f"recorded at {self.recorded_at.isoformat()}"
        )

    def spoilt(self, there: Mapping[str, StoredObject]) -> str | None:
        """What is wrong with its objects, of which ``there`` (by key) are still to be found; None if nothing is."""
        missing = [one.key for one in self.made if one.key not in there]
        changed = [one.key for one in self.made if one.key in there and there[one.key] != one]
        if not missing and not changed:
            return None
        gone = f"{listed(missing)} is gone" if missing else f"{listed(changed)} was overwritten"
        return clipped(f"what {self.execution} made is no longer as it was: {gone}")


DISABLED = "CacheConfig.Enabled is false"


def read_entry(row: Mapping[str, Any]) -> Entry:
    """The entry that the row ``step#<Step>`` tells of."""
    return Entry(
        row["Key"],
        row["Step"],
        row["ExecutionArn"],
        datetime.fromisoformat(row["RecordedAt"]),
        row["Output"],
        tuple(read_objects(row["Objects"])),
        row["DocumentUri"],
    )


def objects_document(objects: Iterable[StoredObject]) -> list[dict[str, Any]]:
    """As rows and documents tell of objects."""
    return [{"Key": one.key, "ETag": one.etag, "Size": one.size} for one in objects]


def read_objects(document: Iterable[Mapping[str, Any]]) -> list[StoredObject]:
    """What ``objects_document`` made a list of."""
    return [StoredObject(one["Key"], one["ETag"], one["Size"]) for one in document]
