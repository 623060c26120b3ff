"""What became of a stack's executions: what they were started by, and how they ended, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from taproom.ending import COALESCED, NO_REVIEWS, quiet_end_of
from taproom.ending import name_of as run_name
from taproom.follow import Snapshot, follow
from taproom.history import is_bookkeeping
from taproom.outcome import LEASE_HELD, MODELS_FAILED, failures_of

STATUSES = {
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "stopped": "ABORTED",
    "timed-out": "TIMED_OUT",
    "pending-redrive": "PENDING_REDRIVE",
}
PAGE = 1000  # executions that ListExecutions answers at most
UNKNOWN = "?"


@dataclass(frozen=True)
class Run:
    """An execution. ``outcome`` and ``trigger`` are words for a person; ``ended`` is None while it runs."""

    execution_arn: str
    status: str
    outcome: str
    trigger: str
    started: datetime
    ended: datetime | None

    @property
    def name(self) -> str:
        return run_name(self.execution_arn)

    def seconds(self, now: datetime) -> float:
        return ((self.ended or now) - self.started).total_seconds()

    def document(self) -> dict[str, Any]:
        return {
            "execution_arn": self.execution_arn,
            "name": self.name,
            "status": self.status,
            "outcome": self.outcome,
            "trigger": self.trigger,
            "started": self.started.isoformat(),
            "ended": None if self.ended is None else self.ended.isoformat(),
        }


def list_runs(stepfunctions: Any, machine: str, limit: int, status: str | None = None) -> list[Run]:
    """The newest ``limit`` executions, of ``status`` (a key of STATUSES) where it is given.

    One call for the list and one for each execution; histories are read of those that run or have failed, alone.
    """
    chosen = {"statusFilter": STATUSES[status]} if status else {}
    pages = stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"PageSize": min(limit, PAGE)}, **chosen
    )
    listed = islice((one for page in pages for one in page["executions"]), limit)
    return [read_run(stepfunctions, one["executionArn"]) for one in listed]


def read_run(stepfunctions: Any, execution_arn: str) -> Run:
    execution = stepfunctions.describe_execution(executionArn=execution_arn)
    return Run(
        execution_arn,
        execution["status"],
        _outcome(stepfunctions, execution),
        trigger_of(_document(execution.get("input"))),
        execution["startDate"],
        execution.get("stopDate"),
    )


def trigger_of(given: Any) -> str:
    """What started an execution, by its input."""
    given = given if isinstance(given, Mapping) else {}
    trigger = given.get("Trigger")
    if isinstance(trigger, Mapping):
        if "Key" in trigger:
            return f"upload {str(trigger['Key']).rpartition('/')[0]}/"
        if "Schedule" in trigger:
            return "schedule"
        if "Coalesced" in trigger:
            return f"uploads during {run_name(trigger['Coalesced'])}"
    if "RerunOf" in given:
        return f"rerun of {run_name(given['RerunOf'])}"
    return "by hand"


def _outcome(stepfunctions: Any, execution: Mapping[str, Any]) -> str:
    status, error = execution["status"], execution.get("error")
    if status == "SUCCEEDED":
        return outcome_of(_document(execution.get("output")))
    if status == "PENDING_REDRIVE":
        return "waits to be redriven"
    if error == MODELS_FAILED and (told := _models_failed(_document(execution.get("cause")))):
        return told
    if error == LEASE_HELD:
        return "stopped, as another run was under way"
    snapshot = next(follow(stepfunctions, execution["executionArn"]))
    return _running(snapshot) if status == "RUNNING" else _ended(snapshot, status)


def outcome_of(output: Any) -> str:
    """How an execution that succeeded ended, by its output."""
    output = output if isinstance(output, Mapping) else {}
    if quiet := quiet_end_of(output):
        if quiet.kind == COALESCED:
            return f"coalesced with {quiet.run}"
        return "no reviews" if quiet.kind == NO_REVIEWS else "nothing new"
    models = output.get("Models")
    results = [one for one in models if isinstance(one, Mapping)] if isinstance(models, list) else []
    by_status: dict[str, list[str]] = {}
    for one in results:
        by_status.setdefault(str(one.get("Status", UNKNOWN)).lower(), []).append(str(one.get("Model", UNKNOWN)).lower())
    if len(by_status) == 1:
        return f"{next(iter(by_status))} {len(results)}"
    return ", ".join(f"{status} {', '.join(models)}" for status, models in by_status.items()) or "succeeded"


def _models_failed(failed: Any) -> str | None:
    """By the cause of ModelsFailed, which is the result documents of the branches that failed."""
    if not isinstance(failed, list) or not all(isinstance(one, Mapping) for one in failed):
        return None
    steps = [str(one["Step"]) for one in failed if one.get("Step")]
    return f"failed at {' and '.join(steps)}" if steps else None


def _running(snapshot: Snapshot) -> str:
    """The work that runs; the bookkeeping around it where that is all."""
    names = [row.name for row in snapshot.states if row.status == "running"]
    work = [name for name in names if not is_bookkeeping(name)] or names
    return f"running {', '.join(work)}" if work else "running"


def _ended(snapshot: Snapshot, status: str) -> str:
    verb = {"ABORTED": "stopped", "TIMED_OUT": "timed out"}.get(status, "failed")
    steps = list(dict.fromkeys(failure.step for failure in failures_of(snapshot) if failure.step != UNKNOWN))
    return f"{verb} at {' and '.join(steps)}" if steps else verb


def _document(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
