"""Following one execution to its end through the Step Functions API, on the local AWS and on a real account alike."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from taproom.history import StateRow, read_states

UNDER_WAY = ("RUNNING", "PENDING_REDRIVE")  # asked to go on, and about to


@dataclass(frozen=True)
class Snapshot:
    """An execution at one moment: DescribeExecution's answer, its history so far and the states read from it.

    ``definition`` is the one that it runs with, None where that is not known.
    """

    execution: dict[str, Any]
    events: list[dict[str, Any]]
    states: list[StateRow]
    definition: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        return self.execution["status"]


def snapshot_of(stepfunctions: Any, execution_arn: str) -> Snapshot:
    """The execution as it is now."""
    described = stepfunctions.describe_state_machine_for_execution(executionArn=execution_arn)
    return _look(stepfunctions, execution_arn, json.loads(described["definition"]))


def follow(stepfunctions: Any, execution_arn: str, every: float = 0.5) -> Iterator[Snapshot]:
    """Snapshots every ``every`` seconds; the last one is the first whose status is an end."""
    described = stepfunctions.describe_state_machine_for_execution(executionArn=execution_arn)
    definition = json.loads(described["definition"])
    while True:
        snapshot = _look(stepfunctions, execution_arn, definition)
        yield snapshot
        if snapshot.status not in UNDER_WAY:
            return
        time.sleep(every)


def _look(stepfunctions: Any, execution_arn: str, definition: dict[str, Any]) -> Snapshot:
    """The status is read before the history: a terminal snapshot then holds the whole history."""
    execution = stepfunctions.describe_execution(executionArn=execution_arn)
    events = _history(stepfunctions, execution_arn)
    execution.pop("ResponseMetadata", None)
    return Snapshot(execution, events, read_states(definition, events), definition)


def _history(stepfunctions: Any, execution_arn: str) -> list[dict[str, Any]]:
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, includeExecutionData=True
    )
    return [event for page in pages for event in page["events"]]
