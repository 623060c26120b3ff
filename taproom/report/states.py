"""What the execution did: the states as a picture, when each was at work, and what was taken from earlier runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from taproom.bookkeeping import rows_to_show
from taproom.cache_explained import FLOW
from taproom.cached import TakenFrom, cached_steps, taken_from
from taproom.ending import name_of
from taproom.follow import Snapshot
from taproom.graph.attempts import Row, rows_of
from taproom.graph.picture import picture
from taproom.graph.recorded import Recorded
from taproom.graph.svg import DrawingFailed, svg
from taproom.graph.timeline import timeline_svg
from taproom.graph.words import time
from taproom.report.documents import object_of, read_object, texts
from taproom.report.figures import Figure


@dataclass(frozen=True)
class States:
    """``picture`` is None, and ``undrawn`` says why, where no picture could be made."""

    picture: Figure | None
    timeline: Figure
    rows: list[dict[str, Any]]
    cached: list[TakenFrom] = field(default_factory=list)
    explained: list[dict[str, Any]] = field(default_factory=list)
    undrawn: str = ""


def states_of(snapshot: Snapshot, folder: Path) -> States:
    """Everything told of states; ``folder`` is where the run is collected, beside others."""
    now = end_of(snapshot)
    recorded = Recorded(snapshot.execution["name"], snapshot.status, snapshot.events, now, snapshot.definition)
    drawn = picture(recorded)
    attempts = rows_of(drawn.graph, snapshot.events, now)
    rows = [_row(row, now) for row in rows_to_show(snapshot, now) if row.status != "waiting"]
    undrawn, figure = "", None
    try:
        figure = Figure("The states, coloured by outcome", Markup(svg(drawn.graph, drawn.title, drawn.course)))
    except DrawingFailed as error:
        undrawn = str(error)
    return States(
        figure,
        Figure("When each state was at work", Markup(timeline_svg(attempts)), *_attempts(attempts)),
        rows,
        taken_from(cached_steps(snapshot.events), folder.parent),
        _explained(folder),
        undrawn,
    )


def end_of(snapshot: Snapshot) -> datetime:
    """When the execution ended, or until when it is known."""
    known = [event["timestamp"] for event in snapshot.events[-1:]]
    return snapshot.execution.get("stopDate") or (known[0] if known else datetime.now(UTC))


def _row(row: Any, now: datetime) -> dict[str, Any]:
    is_timed = row.kind == "Task" and not row.cached_from
    return {
        "name": row.name,
        "status": row.status,
        "time": time(row.seconds(now)) if is_timed else "",
        "visits": row.visits,
        "job": row.job_name,
        "cached_from": row.cached_from,
    }


def _attempts(rows: list[Row]) -> tuple[list[str], list[list[Any]]]:
    """The timeline's numbers."""
    begin = min((one.start for row in rows for one in row.attempts), default=None)
    told = [
        [
            one.state,
            one.status,
            f"{(one.start - begin).total_seconds():.1f} s",
            time((one.end - one.start).total_seconds()),
        ]
        for row in rows
        for one in row.attempts
        if begin
    ]
    return ["state", "outcome", "began after", "took"], told


def _explained(folder: Path) -> list[dict[str, Any]]:
    """Why steps were, or were not, taken from an earlier run: those with the same reason together."""
    found = [read_object(path) for path in sorted((folder / "cache").glob("*.json"))]
    place = {step: number for number, step in enumerate(FLOW)}
    found.sort(key=lambda one: place.get(str(one.get("Step")), len(FLOW)))
    groups: list[dict[str, Any]] = []
    for one in map(object_of, found):
        if not {"Step", "Hit"} <= one.keys():
            continue
        why = {
            "hit": one["Hit"] is True,
            "from": name_of(one.get("From")),
            "reason": str(one.get("Reason") or ""),
            "differences": texts(one.get("Differences")),
        }
        alike = next((group for group in groups if group.items() >= why.items()), None)
        if alike:
            alike["steps"].append(str(one["Step"]))
        else:
            groups.append({"steps": [str(one["Step"])], **why})
    return groups
