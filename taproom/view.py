"""The live view of an execution: a table that redraws itself on a terminal, plain lines anywhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from taproom.bookkeeping import rows_to_show
from taproom.follow import Snapshot
from taproom.history import StateRow
from taproom.progress import progress_of

MARKS = {
    "waiting": ("·", "dim"),
    "running": ("▶", "cyan"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "aborted": ("■", "yellow"),
    "cached": ("✓", "green"),
}


class LiveView:
    """Shows snapshots and job progress. ``show`` takes each new snapshot, ``job_line`` each line a job logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._printed: set[tuple[str, str, int]] = set()
        self._progress: dict[str, str] = {}
        self._jobs: dict[str, str] = {}

    def __enter__(self) -> LiveView:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def job_line(self, event: dict[str, Any]) -> None:
        """Take note of a ``job-log`` event; any other event is none of the view's business."""
        if event.get("type") != "job-log" or not (progress := progress_of(event["line"])):
            return
        self._progress[event["job"]] = progress
        if not self._live:
            self._console.print(f"           {self._jobs.get(event['job'], event['job'])}: {progress}", highlight=False)

    def show(self, snapshot: Snapshot) -> None:
        self._jobs.update({row.job_name: row.name for row in snapshot.states if row.job_name})
        if self._live:
            self._live.update(self._table(snapshot), refresh=True)
        else:
            self._print_changes(snapshot)

    def _table(self, snapshot: Snapshot) -> Table:
        now = datetime.now(UTC)
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("", "state", "status", "time", ""):
            table.add_column(column, justify="right" if column == "time" else "left")
        for row in rows_to_show(snapshot, now):
            mark, style = MARKS[row.status]
            table.add_row(
                Text(mark, style),
                Text(row.name, style),
                row.status,
                "" if row.cached_from else _seconds(row, now),
                Text(self._note(row), "dim"),
            )
        return table

    def _note(self, row: StateRow) -> str:
        if row.cached_from:
            return f"from run {row.cached_from}"
        visits = f"attempt {row.visits}  " if row.visits > 1 else ""
        return visits + self._progress.get(row.job_name, "")

    def _print_changes(self, snapshot: Snapshot) -> None:
        now = datetime.now(UTC)
        begin = snapshot.execution["startDate"]
        for row in rows_to_show(snapshot, now):
            key = (row.name, row.status, row.visits)
            if row.status == "waiting" or key in self._printed:
                continue
            self._printed.add(key)
            at = ((row.ended or row.started or now) - begin).total_seconds()
            took = f" after {_seconds(row, now)}" if row.ended and row.kind == "Task" else ""
            if row.cached_from:
                took = f", from run {row.cached_from}"
            mark, style = MARKS[row.status]
            self._console.print(f"{at:7.1f} s  {mark} {row.name} {row.status}{took}", style=style, highlight=False)


def _seconds(row: StateRow, now: datetime) -> str:
    elapsed = row.seconds(now)
    return "" if elapsed is None else f"{elapsed:.1f} s"
