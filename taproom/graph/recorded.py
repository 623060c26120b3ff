"""An execution to draw: one that was collected in a folder of runs/, or one that an account tells of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from taproom.follow import follow


class RunUnreadable(ValueError):
    """A folder holds no run."""


@dataclass(frozen=True)
class Recorded:
    """An execution: its name, status and history. ``now``: its end, or the moment until which it is known.

    ``definition`` is the one that it ran with, None where that is not kept.
    """

    name: str
    status: str
    events: list[dict[str, Any]]
    now: datetime
    definition: dict[str, Any] | None = None


def from_folder(folder: Path) -> Recorded:
    """A run as ``taproom.collect`` leaves it. Raises RunUnreadable."""
    try:
        execution = json.loads((folder / "execution.json").read_text(encoding="utf-8"))
        events = json.loads((folder / "history.json").read_text(encoding="utf-8"))["events"]
        for event in events:
            event["timestamp"] = datetime.fromisoformat(event["timestamp"])
        end = datetime.fromisoformat(execution.get("stopDate") or events[-1]["timestamp"].isoformat())
        return Recorded(execution["name"], execution["status"], events, end, _definition(folder))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise RunUnreadable(
            f"{folder} holds no run: execution.json and history.json are what it needs ({error})"
        ) from error


def _definition(folder: Path) -> dict[str, Any] | None:
    """The one that the run was collected with; None of a run that was collected before definitions were."""
    try:
        return json.loads((folder / "definition.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def from_account(stepfunctions: Any, execution_arn: str) -> Recorded:
    """An execution as Step Functions knows it now."""
    described = stepfunctions.describe_state_machine_for_execution(executionArn=execution_arn)
    snapshot = next(follow(stepfunctions, execution_arn))
    end = snapshot.execution.get("stopDate") or datetime.now(UTC)
    definition = json.loads(described["definition"])
    return Recorded(snapshot.execution["name"], snapshot.status, snapshot.events, end, definition)
