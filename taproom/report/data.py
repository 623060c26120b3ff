"""The reviews of a run: files, how many were read, dropped and kept, and what changed since the run before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from taproom.registry.documents import at, objects
from taproom.report.distributions import distributions
from taproom.report.documents import count, object_of, read_object
from taproom.report.figures import Figure

CAUSES = {
    "user_below_min": "user has fewer than MinReviewsPerUser",
    "user_above_max": "user has more than MaxReviewsPerUser",
    "item_below_min": "item has fewer than MinReviewsPerItem",
    "item_above_max": "item has more than MaxReviewsPerItem",
    "not_a_number_score": "score is no number",
}
COUNTED = ("kept", "train", "test", "users", "items", "users_only_in_test", "items_only_in_test")
MOST_EARLIER = 200  # folders of runs that are looked at for the run before


@dataclass(frozen=True)
class Earlier:
    """The run before: its name, what was counted in it, and when it began (where that is not known, when it ended)."""

    name: str
    counts: Mapping[str, int]
    began: datetime


@dataclass(frozen=True)
class Data:
    """``rows``: name, count, and the count of the run before (None where there is none)."""

    rows: list[tuple[str, int, int | None]]
    files: list[dict[str, Any]] = field(default_factory=list)
    more_files: int = 0
    ignored: int = 0
    split: list[tuple[str, str]] = field(default_factory=list)
    earlier: Earlier | None = None
    figures: list[Figure] = field(default_factory=list)


MOST_FILES = 20


def data_of(folder: Path, began: datetime) -> Data | None:
    """Everything told of the data; None where preprocessing has not come so far. ``began``: when the run did."""
    manifest = read_object(folder / "data" / "manifest.json")
    counts = review_counts(manifest)
    if not counts:
        return None
    earlier = run_before(folder, began)
    files = [one for one in objects(at(manifest, "files", "read")) if one.get("file")]
    split = object_of(manifest.get("split"))
    return Data(
        [(name, number, earlier.counts.get(name) if earlier else None) for name, number in counts.items()],
        files[:MOST_FILES],
        max(0, len(files) - MOST_FILES),
        count(at(manifest, "files", "ignored")) or 0,
        [(name.replace("_", " "), str(value)) for name, value in split.items()],
        earlier,
        distributions(manifest),
    )


def review_counts(manifest: Any) -> dict[str, int]:
    """What preprocessing counted, in the order in which reviews go: read, dropped by cause, kept and split.

    Causes by which nothing was dropped are left out.
    """
    manifest = object_of(manifest)
    dropped = {
        f"dropped: {CAUSES.get(cause, cause.replace('_', ' '))}": number
        for cause, number in object_of(manifest.get("dropped")).items()
        if count(number)
    }
    counted = {name.replace("_", " "): manifest.get(name) for name in COUNTED}
    told = {"read": manifest.get("read")} | dropped | counted
    return {name: number for name, number in told.items() if count(number) is not None}


def run_before(folder: Path, began: datetime) -> Earlier | None:
    """The newest collected run with reviews that began before this one."""
    found = None
    for other in _newest_folders(folder):
        execution = read_object(other / "execution.json")
        try:
            at_time = datetime.fromisoformat(str(execution.get("startDate") or execution["stopDate"]))
            is_before = at_time < began and (found is None or at_time > found.began)
        except (KeyError, ValueError, TypeError):  # TypeError: a time of no zone
            continue
        if is_before and (counts := review_counts(read_object(other / "data" / "manifest.json"))):
            found = Earlier(str(execution.get("name", other.name)), counts, at_time)
    return found


def _newest_folders(folder: Path) -> list[Path]:
    """The folders beside this one, those written last first."""
    others = [one for one in folder.parent.iterdir() if one.is_dir() and not one.is_symlink() and one != folder]
    return sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)[:MOST_EARLIER]
