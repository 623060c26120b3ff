"""What came of an execution, in words: read from its history, for the terminal and the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taproom.follow import Snapshot
from taproom.history import state_outputs


@dataclass(frozen=True)
class Failure:
    """The step at which an execution failed, with its error and cause."""

    step: str
    error: str
    cause: str
    job_name: str = ""


def model_results(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The result documents of the branches (one per model), as far as the execution has come."""
    models = (state_outputs(events).get("Models") or {}).get("Models")
    return list(models or ())


def failures_of(snapshot: Snapshot) -> list[Failure]:
    """Every failed step that kept the execution from succeeding; each model's branch may have one."""
    execution = snapshot.execution
    if execution["status"] == "SUCCEEDED":
        return []
    in_branches = [_of_branch(one) for one in model_results(snapshot.events) if one.get("Status") == "Failed"]
    return in_branches or [_of_execution(snapshot)]


def _of_branch(result: Mapping[str, Any]) -> Failure:
    cause = readable_cause(str(result.get("Cause", "")))
    return Failure(result.get("Step", "?"), str(result.get("Error", "")), cause, result.get("JobName", ""))


def _of_execution(snapshot: Snapshot) -> Failure:
    execution = snapshot.execution
    failed = [row for row in snapshot.states if row.status in ("failed", "aborted") and row.kind == "Task"]
    step = failed[-1] if failed else None
    error = execution.get("error") or (step.error if step else "") or execution["status"]
    cause = execution.get("cause") or (step.cause if step else "")
    jobs = [row.job_name for row in snapshot.states if row.job_name and row.status in ("failed", "aborted")]
    return Failure(step.name if step else "?", error, readable_cause(cause), jobs[-1] if jobs else "")


def readable_cause(cause: str) -> str:
    """The message inside a cause: a Lambda error's or a failed job's JSON is reduced to what a person needs."""
    try:
        document = json.loads(cause)
    except ValueError:
        return cause
    if not isinstance(document, dict):
        return cause
    for key in ("errorMessage", "ExitMessage", "FailureReason", "Cause"):
        if document.get(key):
            return str(document[key])
    return cause
