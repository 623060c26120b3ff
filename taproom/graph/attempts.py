"""When each box of the picture was at work: every round, retry, wait and look-up of an execution, from its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taproom.cached import HIT
from taproom.graph.model import Graph
from taproom.history import FAILED_EVENTS

AT_WORK = ("lambda", "job", "task", "wait")
BEGINS = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
SUCCEEDS = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded")
ENDS = {"ExecutionAborted": "aborted", "ExecutionFailed": "failed", "ExecutionTimedOut": "failed"}


@dataclass(frozen=True)
class Attempt:
    """One try at a state. ``status``: succeeded, failed, cached, aborted or running.

    ``state`` is the box's own state, or one of those around it, such as the look-up before a job.
    """

    state: str
    start: datetime
    end: datetime
    status: str


@dataclass(frozen=True)
class Row:
    """A box with its attempts in time."""

    name: str
    attempts: tuple[Attempt, ...]

    @property
    def own(self) -> tuple[Attempt, ...]:
        """Without those of the states around it."""
        return tuple(attempt for attempt in self.attempts if attempt.state == self.name)


def rows_of(graph: Graph, events: Iterable[Mapping[str, Any]], now: datetime) -> list[Row]:
    """Rows of the boxes that were at work, in the graph's order. What still runs lasts until ``now``."""
    box = {part: node for node in graph.all_nodes() for part in node.parts}
    reading = _Reading()
    for event in events:
        reading.take(event)
    reading.close_all("running", now)
    rows: dict[str, list[Attempt]] = {}
    for attempt in sorted(reading.attempts, key=lambda one: (one.start, one.end)):
        node = box.get(attempt.state)
        if node is not None and node.kind in AT_WORK:
            rows.setdefault(node.name, []).append(attempt)
    return [Row(node.name, tuple(rows[node.name])) for node in graph.all_nodes() if node.name in rows]


class _Reading:
    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self._owner: dict[int, str] = {0: ""}
        self._open: dict[str, datetime] = {}
        self._entered: dict[str, datetime] = {}  # states that were entered and have not begun an attempt yet

    def take(self, event: Mapping[str, Any]) -> None:
        kind, at = event["type"], event["timestamp"]
        name = self._owner.get(event.get("previousEventId", 0), "")
        if kind in ("TaskStateEntered", "WaitStateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            self._entered[name] = at
        elif kind == "PassStateEntered":
            name = event["stateEnteredEventDetails"]["name"]
            self._hit(name, at)
        elif kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
        elif kind.endswith("StateExited"):
            name = event["stateExitedEventDetails"]["name"]
            self._close(name, "succeeded", at)
        elif kind in BEGINS:
            self._open[name] = self._entered.pop(name, at)
        elif kind in SUCCEEDS:
            self._close(name, "succeeded", at)
        elif kind in FAILED_EVENTS:
            self._close(name, "failed", at)
        elif kind in ENDS:
            self.close_all(ENDS[kind], at)
        self._owner[event["id"]] = name

    def close_all(self, status: str, at: datetime) -> None:
        for name in [*self._open, *self._entered]:
            self._close(name, status, at)

    def _close(self, name: str, status: str, at: datetime) -> None:
        start = self._open.pop(name, None) or self._entered.pop(name, None)
        if start is not None:
            self.attempts.append(Attempt(name, start, at, status))

    def _hit(self, name: str, at: datetime) -> None:
        """A step that was found took as long as looking it up."""
        step = name.removesuffix(HIT)
        looked_up = [attempt for attempt in self.attempts if attempt.state == f"LookUp{step}"]
        if step != name and looked_up:
            self.attempts.append(Attempt(step, looked_up[-1].start, at, "cached"))
