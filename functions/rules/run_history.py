"""What an execution's history tells of its jobs: how long their steps took, and what they are billed for.

A job's description is in the history: .sync puts it into the output of its Task, or into the cause of its failure. Of a
job that was stopped with its execution there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rules.run_ending import json_object

STEP_TAG = "taproom:step"
KINDS = ("Training", "Processing")
WAITS = ("TaskStateEntered", "WaitStateEntered")  # the states in which an execution spends time
ENDS = ("TaskSucceeded", "TaskFailed", "TaskSubmitFailed")


@dataclass
class Job:
    """A job that was asked for. ``seconds`` are billed ones, of all its instances; None where they are not told."""

    step: str
    seconds: float | None = None


@dataclass
class RunHistory:
    """``step_seconds``: from entering to leaving the state of a job, all its rounds together, by the state's name.

    ``at``: the states in which the execution was when it ended. ``prepared``: Prepare's answer.
    """

    step_seconds: dict[str, float] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    at: tuple[str, ...] = ()
    prepared: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] | None = None


def read_history(events: Iterable[Mapping[str, Any]]) -> RunHistory:
    """Read GetExecutionHistory's events, the oldest first. A history that is cut off tells what it has."""
    read = RunHistory()
    entered: dict[str, datetime] = {}
    asked: dict[int, str] = {}  # the job for which an event and those that follow from it stand
    taken: set[str] = set()  # jobs that SageMaker accepted
    failed_at = ""
    last: datetime | None = None
    for event in events:
        kind, details = event["type"], _details(event)
        asked[event["id"]] = job = asked.get(event.get("previousEventId", 0), "")
        last = event["timestamp"]
        if kind in WAITS:
            entered[details["name"]] = last
        elif kind == "FailStateEntered":
            failed_at = details["name"].removesuffix("Failed")
        elif kind.endswith("StateExited"):
            _leave(read, entered, details["name"], last)
            if details["name"] == "Prepare":
                read.prepared = (json_object(details.get("output")) or {}).get("Prepare") or {}
        elif kind == "TaskScheduled":
            asked[event["id"]] = _asked(read, json_object(details.get("parameters")) or {})
        elif kind == "TaskSubmitted":
            taken.add(job)
        elif kind in ENDS and job in read.jobs:
            described = json_object(details.get("output") or details.get("cause"))
            read.jobs[job].seconds = _billed(described or {}) if job in taken else 0.0
        elif kind == "ExecutionSucceeded":
            read.output = json_object(details.get("output"))
        elif kind == "ExecutionRedriven":
            failed_at = ""
    read.at = tuple(entered) or ((failed_at,) if failed_at else ())
    if last is not None:
        for name in list(entered):
            _leave(read, entered, name, last)
    steps = {one.step for one in read.jobs.values()}
    read.step_seconds = {name: seconds for name, seconds in read.step_seconds.items() if name in steps}
    return read


def _leave(read: RunHistory, entered: dict[str, datetime], name: str, at: datetime) -> None:
    if (since := entered.pop(name, None)) is not None:
        read.step_seconds[name] = read.step_seconds.get(name, 0.0) + (at - since).total_seconds()


def _asked(read: RunHistory, request: Mapping[str, Any]) -> str:
    """Note the job that is asked for; returns its name, or "" where the request is for something else."""
    for kind in KINDS:
        if isinstance(name := request.get(f"{kind}JobName"), str):
            step = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}.get(STEP_TAG, "")
            read.jobs.setdefault(name, Job(step))
            return name
    return ""


def _billed(described: Mapping[str, Any]) -> float | None:
    """Seconds of all instances. BillableTimeInSeconds is one instance's, and times are milliseconds here."""
    kind = "Training" if "TrainingJobName" in described else "Processing"
    if kind == "Training":
        machine = described.get("ResourceConfig") or {}
    else:
        machine = (described.get("ProcessingResources") or {}).get("ClusterConfig") or {}
    count = machine.get("InstanceCount", 1)
    if (billable := described.get("BillableTimeInSeconds")) is not None:
        return billable * count
    began, ended = described.get(f"{kind}StartTime"), described.get(f"{kind}EndTime")
    if began is None:
        return 0.0 if described.get(f"{kind}JobStatus") in ("Failed", "Stopped") else None
    return None if ended is None else round((ended - began) / 1000 * count, 3)


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one ``...EventDetails`` object of a history event, whatever its key is called."""
    return next((value for key, value in event.items() if key.endswith("EventDetails") and value), {})
