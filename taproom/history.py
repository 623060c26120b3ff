"""What an execution's history says about each state: a pure reading of DescribeStateMachine and GetExecutionHistory.

The history is a tree of events (``previousEventId``); a Parallel state's branches interleave in it, so each event is
assigned to the state whose ``...StateEntered`` event it descends from. A state that a redrive resumes is not entered
again: what happens in it descends from the event by which it was entered first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from taproom.cached import hit_told_by

Document = Mapping[str, Any]

FAILED_EVENTS = (
    "TaskFailed",
    "TaskTimedOut",
    "TaskSubmitFailed",
    "TaskStartFailed",
    "LambdaFunctionFailed",
    "LambdaFunctionTimedOut",
)
BOOKKEEPING = re.compile("TakeLease|Debounce|(LookUp|Record).+")


@dataclass(frozen=True)
class StateRow:
    """One visit-or-not of a state, newest visit. ``status`` is waiting, running, succeeded, failed, aborted or cached.

    ``cached_from`` is the name of the execution whose output a cached step's is.
    """

    name: str
    kind: str
    status: str
    started: datetime | None = None
    ended: datetime | None = None
    visits: int = 0
    error: str = ""
    cause: str = ""
    job_name: str = ""
    cached_from: str = ""

    def seconds(self, now: datetime) -> float | None:
        """Elapsed seconds of the newest visit, up to ``now`` while it runs; None before it was entered."""
        return None if self.started is None else ((self.ended or now) - self.started).total_seconds()


def states_in(definition: Document) -> Iterator[tuple[str, Document]]:
    """Every (name, state) of a definition, in the order in which it is written, branches included."""
    for name, state in definition["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from states_in(branch)


def planned(definition: Document) -> list[str]:
    """The Task states to announce before they are entered: all but those that only a failure leads to.

    What goes on after bookkeeping that failed is what goes on after bookkeeping: it is announced.
    """
    states = dict(states_in(definition))
    caught = {
        catch["Next"] for name, state in states.items() if not is_bookkeeping(name) for catch in state.get("Catch", ())
    }
    return [name for name, state in states.items() if state["Type"] == "Task" and name not in caught]


def is_bookkeeping(name: str) -> bool:
    """Whether a state only keeps account of runs and of what they made, for runs to come."""
    return BOOKKEEPING.fullmatch(name) is not None


def read_states(definition: Document, events: Iterable[Document]) -> list[StateRow]:
    """Rows of the Task states (planned or entered) and of the entered end states, in definition order."""
    kinds = {name: state["Type"] for name, state in states_in(definition)}
    rows: dict[str, StateRow] = {name: StateRow(name, "Task", "waiting") for name in planned(definition)}
    owner: dict[int, str] = {0: ""}
    unfinished: set[str] = set()  # were entered and not left when the execution ended: a redrive resumes them
    resumed: set[str] = set()  # by a redrive, which is a visit of its own whether or not it tells that they are entered
    for event in events:
        name = owner.get(event.get("previousEventId", 0), "")
        details = _details(event)
        kind = event["type"]
        if kind.endswith("StateEntered"):
            name = details["name"]
            if hit := hit_told_by(event):
                at = event["timestamp"]
                rows[hit.step] = StateRow(hit.step, "Task", "cached", at, at, 1, cached_from=hit.run)
            if kinds.get(name) in ("Task", "Succeed", "Fail", "Wait"):
                visits = 1 if name not in rows else rows[name].visits + (name not in resumed)
                resumed.discard(name)
                status = {"Succeed": "succeeded", "Fail": "failed"}.get(kinds[name], "running")
                ended = None if status == "running" else event["timestamp"]
                rows[name] = StateRow(name, kinds[name], status, event["timestamp"], ended, visits)
        elif kind.endswith("StateExited"):
            name = details["name"]
            resumed.discard(name)
            if name in rows and rows[name].status == "running":
                status = "failed" if rows[name].error else "succeeded"
                rows[name] = replace(rows[name], status=status, ended=event["timestamp"])
        elif kind in ("TaskScheduled", "TaskStarted") and name in rows:
            # a retry after a failed attempt: the state is running again
            rows[name] = replace(rows[name], error="", cause="", job_name=_job_name(details) or rows[name].job_name)
        elif kind in FAILED_EVENTS and name in rows:
            rows[name] = replace(rows[name], error=details.get("error", ""), cause=details.get("cause", ""))
        elif kind in ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"):
            end = "aborted" if kind == "ExecutionAborted" else "failed"
            unfinished = {row.name for row in rows.values() if row.status == "running" or row.kind == "Fail"}
            for row in [row for row in rows.values() if row.status == "running"]:
                rows[row.name] = replace(row, status=end, ended=event["timestamp"])
        elif kind == "ExecutionRedriven":
            resumed = unfinished | {row.name for row in rows.values() if row.status == "running"}
            for row in [rows[one] for one in resumed]:
                rows[row.name] = StateRow(row.name, row.kind, "running", event["timestamp"], visits=row.visits + 1)
        owner[event["id"]] = name
    order = {name: position for position, (name, _) in enumerate(states_in(definition))}
    return sorted(rows.values(), key=lambda row: order.get(row.name, len(order)))


def state_outputs(events: Iterable[Document]) -> dict[str, Document]:
    """Each exited state's newest output document, by state name."""
    outputs = {}
    for event in events:
        if event["type"].endswith("StateExited"):
            details = _details(event)
            outputs[details["name"]] = json.loads(details.get("output") or "null")
    return outputs


def _details(event: Document) -> Document:
    """The one ``...EventDetails`` object of a history event, whatever its key is called."""
    return next((value for key, value in event.items() if key.endswith("EventDetails") and value), {})


def _job_name(details: Document) -> str:
    try:
        parameters = json.loads(details.get("parameters") or "{}")
    except ValueError:
        return ""
    return parameters.get("TrainingJobName") or parameters.get("ProcessingJobName") or ""
