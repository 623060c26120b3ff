"""What came of an execution, in words: read from its history, for the terminal and the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taproom.follow import Snapshot
from taproom.history import state_outputs

# The same input meets the same refusal: neither a redrive nor a rerun helps.
REFUSALS = (
    *("InvalidInput", "NoReviews", "EmptyReviewsFile", "UnusableReviewsKey", "OverBudget", "UnknownPrice"),
    *("NoTrainingCode",),
)
MODELS_FAILED = "ModelsFailed"  # branches ended as failed: a redrive enters none of them again
JOB_ERRORS = ("JobFailed", "JobStopped")  # with which the triage raises what a job failed with
LEASE_HELD = "LeaseHeld"  # a redrive was ended, because another run is under way


@dataclass(frozen=True)
class Failure:
    """The step at which an execution failed, with its error and cause.

    ``what_now`` is the command that goes on once the cause is removed; "" where none does.
    """

    step: str
    error: str
    cause: str
    job_name: str = ""
    what_now: str = ""


def model_results(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The result documents of the branches (one per model), as far as the execution has come."""
    models = (state_outputs(events).get("Models") or {}).get("Models")
    return list(models or ())


def failures_of(snapshot: Snapshot) -> list[Failure]:
    """Every failed step that kept the execution from succeeding; each model's branch may have one."""
    execution = snapshot.execution
    if execution["status"] == "SUCCEEDED":
        return []
    rerun = f"taproom rerun {execution['name']}"
    in_branches = [_of_branch(one, rerun) for one in model_results(snapshot.events) if one.get("Status") == "Failed"]
    return in_branches or [_of_execution(snapshot)]


def _of_branch(result: Mapping[str, Any], rerun: str) -> Failure:
    """Of a branch that has ended: a redrive does not enter it again, a rerun does."""
    cause = readable_cause(str(result.get("Cause", "")))
    what_now = str(result.get("Rerun") or rerun)
    return Failure(result.get("Step", "?"), str(result.get("Error", "")), cause, result.get("JobName", ""), what_now)


def _of_execution(snapshot: Snapshot) -> Failure:
    execution = snapshot.execution
    failed = [row for row in snapshot.states if row.status in ("failed", "aborted") and row.kind == "Task"]
    failed.sort(key=lambda row: row.ended or execution["startDate"])  # what was caught failed before the last
    step = failed[-1] if failed else None
    error = execution.get("error") or (step.error if step else "") or execution["status"]
    cause = execution.get("cause") or (step.cause if step else "")
    jobs = [row.job_name for row in snapshot.states if row.job_name and row.status in ("failed", "aborted")]
    what_now = _what_now(error, execution["name"])
    name = "Redrive" if error == LEASE_HELD else step.name if step else "?"
    told = readable_cause(cause)
    if error in JOB_ERRORS:
        name = name.removeprefix("Triage")
        told = told.removeprefix(f"{name}: ")
    return Failure(name, error, told, jobs[-1] if jobs else "", what_now)


def _what_now(error: str, execution: str) -> str:
    """The command that goes on with an execution which failed before its branches ended."""
    if error in REFUSALS:
        return ""
    # What was recorded as done is not done again by a redrive, even if its files are broken.
    return f"taproom {'rerun' if error == 'OutputBroken' else 'redrive'} {execution}"


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
