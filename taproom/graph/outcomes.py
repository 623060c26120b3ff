"""What an execution did in each state and on each way between states, read from its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taproom.cached import HIT
from taproom.graph.model import Edge, Graph, Node
from taproom.history import StateRow, read_states

MARKS = {"succeeded": "✓", "failed": "✗", "cached": "↺", "aborted": "■", "running": "▶"}
NOT_REACHED = "not reached"
UNFINISHED = {"RUNNING": "running", "PENDING_REDRIVE": "running", "ABORTED": "aborted"}  # by the execution's status
Times = Mapping[str, tuple[datetime, datetime | None]]  # when a state was entered last, and left


@dataclass(frozen=True)
class Outcome:
    """``status`` is succeeded, failed, cached, aborted, running or "not reached"; ``seconds`` None where it took none.

    ``visits`` counts the rounds of a job and the redrives of a state; ``cached_from`` names the execution whose output
    a cached step's is.
    """

    status: str
    seconds: float | None = None
    visits: int = 0
    error: str = ""
    cached_from: str = ""


@dataclass(frozen=True)
class Course:
    """An execution's way through a graph: the outcome of each node, and the (source, target) of each edge it took."""

    outcomes: Mapping[str, Outcome]
    taken: frozenset[tuple[str, str]]
    status: str


def course_of(
    graph: Graph, definition: Mapping[str, Any], events: Iterable[Mapping[str, Any]], status: str, now: datetime
) -> Course:
    """The way through ``graph``, which is that of the definition, folded or not; ``status`` is the execution's.

    What still runs has taken its time until ``now``.
    """
    events = list(events)
    rows = {row.name: row for row in read_states(definition, events)}
    entered, steps = _entered(events)
    box = {part: node.name for node in graph.all_nodes() for part in node.parts}
    outcomes = {node.name: _outcome(node, rows, entered, status, now) for node in graph.all_nodes()}
    taken = frozenset(
        (box[one], box[other]) for one, other in steps if one in box and other in box and box[one] != box[other]
    )
    return Course(outcomes, taken, status)


def edge_taken(course: Course, edge: Edge) -> bool:
    """Of two ways between the same states, one of them for errors, it is the one that the source's outcome tells."""
    if (edge.source, edge.target) not in course.taken:
        return False
    source = course.outcomes[edge.source]
    return edge.kind == "choice" or source.visits > 1 or (source.status == "failed") == (edge.kind == "catch")


def _entered(events: list[Mapping[str, Any]]) -> tuple[Times, set[tuple[str, str]]]:
    """When each state was entered and left, and the steps from state to state."""
    owner: dict[int, str] = {0: ""}
    entered: dict[str, tuple[datetime, datetime | None]] = {}
    steps: set[tuple[str, str]] = set()
    for event in events:
        name = owner.get(event.get("previousEventId", 0), "")
        if event["type"].endswith("StateEntered"):
            steps.add((name, event["stateEnteredEventDetails"]["name"]))
            name = event["stateEnteredEventDetails"]["name"]
            entered[name] = (event["timestamp"], None)
        elif event["type"].endswith("StateExited"):
            name = event["stateExitedEventDetails"]["name"]
            if name in entered:
                entered[name] = (entered[name][0], event["timestamp"])
        owner[event["id"]] = name
    return entered, steps


def _outcome(node: Node, rows: Mapping[str, StateRow], entered: Times, execution: str, now: datetime) -> Outcome:
    reached = [part for part in node.parts if part in entered]
    if not reached:
        return Outcome(NOT_REACHED)
    own = rows.get(node.name)
    if step := _hit(node, reached):
        return Outcome("cached", cached_from=rows[step].cached_from if step in rows else "")
    seconds = _seconds(node, own, entered, now)
    visits, error = (own.visits, own.error) if own else (1, "")
    parts = {rows[part].status for part in reached if part in rows}
    for status in ("running", "aborted"):
        if status in parts:
            return Outcome(status, seconds, visits, error)
    is_open = node.name in entered and entered[node.name][1] is None
    if own is None and node.kind == "parallel" and is_open:
        return Outcome(UNFINISHED.get(execution, "failed"), seconds, visits)
    if (own and own.kind == "Task" and own.status == "failed") or _ended_in_failure(node, reached):
        return Outcome("failed", seconds, visits, error)
    return Outcome("succeeded" if node.name in reached else NOT_REACHED, seconds, visits)


def _hit(node: Node, reached: list[str]) -> str:
    """The step that was taken from an earlier run, if this is its box, or its state for that."""
    if node.name in reached:
        return node.name.removesuffix(HIT) if node.kind == "pass" and node.name.endswith(HIT) else ""
    return node.name if node.name + HIT in reached else ""


def _ended_in_failure(node: Node, reached: list[str]) -> bool:
    """Whether the box's way ended in one of its states for failures, or is itself the end of a failed execution."""
    if node.kind == "fail":
        return True
    return any(part.endswith("Failed") for part in reached if part != node.name)


def _seconds(node: Node, own: StateRow | None, entered: Times, now: datetime) -> float | None:
    """How long the state itself took: none is told of what only chooses, passes or ends."""
    if node.kind in ("choice", "pass", "succeed", "fail") or node.name not in entered:
        return None
    if own is not None and own.kind in ("Task", "Wait"):
        return own.seconds(now)
    begin, end = entered[node.name]
    return ((end or now) - begin).total_seconds()
