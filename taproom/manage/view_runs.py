"""`taproom runs` on a terminal: a line per execution."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console

from taproom.manage.runs import Run
from taproom.registry.cells import plain_table, text

COLOURS = {"SUCCEEDED": "", "RUNNING": "cyan", "PENDING_REDRIVE": "cyan", "ABORTED": "yellow"}


def print_runs(console: Console, runs: Iterable[Run], now: datetime) -> None:
    table = plain_table()
    for name in ("started", "time", "outcome", "trigger"):
        table.add_column(name, justify="right" if name == "time" else "left", no_wrap=name in ("started", "time"))
    table.add_column("execution", overflow="fold", style="dim")
    for run in runs:
        table.add_row(
            text(f"{run.started.astimezone(UTC):%Y-%m-%d %H:%M}"),
            text(duration(run.seconds(now))),
            text(run.outcome, COLOURS.get(run.status, "red")),
            text(run.trigger),
            text(run.name),
        )
    console.print(table)


def duration(seconds: float) -> str:
    """``42 s``, ``12 min``, ``3 h 05 min``, ``2 d 03 h``: as exact as it matters."""
    whole = int(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 100:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60:02} h"
