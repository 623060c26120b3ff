"""Which jobs and which function a step of an execution asked, by the execution's definition and history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from taproom.executions import ExecutionError
from taproom.history import states_in

JOB = re.compile(r":states:::sagemaker:create(Training|Processing)Job\b")
REQUEST_ID = re.compile(r"request_?id\W{1,6}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
TELL_REQUESTS = ("TaskSucceeded", "TaskFailed", "LambdaFunctionFailed")


@dataclass(frozen=True)
class JobStep:
    """A step that runs SageMaker jobs. ``kind`` is Training or Processing."""

    name: str
    kind: str

    @property
    def log_group(self) -> str:
        return f"/aws/sagemaker/{self.kind}Jobs"


@dataclass(frozen=True)
class FunctionStep:
    """A step that asks a Lambda function."""

    name: str
    function: str


def step_of(definition: Mapping[str, Any], name: str) -> JobStep | FunctionStep:
    """Raises ExecutionError where no step of that name has logs."""
    steps = {step.name: step for step in steps_in(definition)}
    if name in steps:
        return steps[name]
    close = get_close_matches(name, steps, n=1, cutoff=0.5)
    meant = f": did you mean {close[0]}?" if close else "."
    raise ExecutionError(f"no step {name} has logs{meant} These have: {', '.join(steps)}")


def steps_in(definition: Mapping[str, Any]) -> list[JobStep | FunctionStep]:
    """Every step that has logs, in the order of the definition."""
    found = (_step(name, state) for name, state in states_in(definition))
    return [step for step in found if step is not None]


def _step(name: str, state: Mapping[str, Any]) -> JobStep | FunctionStep | None:
    resource = state.get("Resource", "")
    if job := JOB.search(resource):
        return JobStep(name, job[1])
    if ":lambda:invoke" in resource:
        resource = str((state.get("Parameters") or {}).get("FunctionName", ""))
    if ":function:" in resource:
        return FunctionStep(name, resource.partition(":function:")[2].partition(":")[0])
    return None


def events_of(events: Iterable[Mapping[str, Any]], step: str) -> list[Mapping[str, Any]]:
    """The events of a history that belong to one state, those of all its visits."""
    owner: dict[int, str] = {0: ""}
    mine = []
    for event in events:
        name = owner.get(event.get("previousEventId", 0), "")
        kind = event["type"]
        if kind.endswith(("StateEntered", "StateExited")):
            name = (event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}).get("name", "")
        owner[event["id"]] = name
        if name == step:
            mine.append(event)
    return mine


def jobs_of(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the jobs that a state's events asked for, in order: one for each round and retry."""
    names = []
    for event in events:
        if event["type"] == "TaskScheduled":
            parameters = json.loads((event.get("taskScheduledEventDetails") or {}).get("parameters") or "{}")
            name = parameters.get("TrainingJobName") or parameters.get("ProcessingJobName")
            if name and name not in names:
                names.append(name)
    return names


def request_ids_of(events: Iterable[Mapping[str, Any]]) -> set[str]:
    """The ids of requests to functions that events tell of: in lambda:invoke's answers, and in causes of failures."""
    texts = (json.dumps(event, default=str) for event in events if event["type"] in TELL_REQUESTS)
    return {found for text in texts for found in REQUEST_ID.findall(text)}
