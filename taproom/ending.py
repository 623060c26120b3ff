"""The ends of an execution that made nothing and did not fail: no reviews, nothing new, or another run is under way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from taproom.history import state_outputs

NO_REVIEWS, NOTHING_NEW, COALESCED = "NoReviews", "NothingNew", "Coalesced"


@dataclass(frozen=True)
class QuietEnd:
    """``kind`` is NoReviews, NothingNew or Coalesced; ``run`` the name of the execution that has the results, or will
    have them: "" where there is none.
    """

    kind: str
    sentence: str
    run: str = ""


def quiet_end(events: Iterable[Mapping[str, Any]]) -> QuietEnd | None:
    """How an execution ended without having made anything; None for one that has, or has not come so far."""
    outputs = state_outputs(events)
    return quiet_end_of({name: _object(outputs.get(name)).get(name) for name in ("TakeLease", "Prepare")})


def quiet_end_of(output: Mapping[str, Any]) -> QuietEnd | None:
    """The same, by the execution's output: what the states answered, by their names."""
    lease, prepared = _object(output.get("TakeLease")), _object(output.get("Prepare"))
    if lease.get("Taken") is False:
        run = name_of(lease.get("Holder"))
        return QuietEnd(COALESCED, f"Another run is under way, {run}: it, or the run after it, serves this one.", run)
    if prepared.get("Outcome") == "NothingNew":
        return _nothing_new(_object(prepared.get("LastRun")))
    if prepared.get("Outcome") == "NoReviews" or prepared.get("Found") is False:  # Found: before there were outcomes
        return QuietEnd(NO_REVIEWS, "Nothing to do: the execution found no reviews.")
    return None


def _nothing_new(last: Mapping[str, Any]) -> QuietEnd:
    if not last:
        return QuietEnd(NOTHING_NEW, "Nothing new: the uploads were served by an earlier run. No job ran.")
    run = name_of(last.get("ExecutionArn"))
    finished = f"{run} (finished {moment(last.get('FinishedAt'))})"
    return QuietEnd(NOTHING_NEW, f"Nothing new: reviews, code and parameters are those of {finished}: no job ran.", run)


def name_of(execution_arn: Any) -> str:
    return str(execution_arn or "").rsplit(":", 1)[-1]


def moment(text: Any) -> str:
    """An ISO 8601 time to the minute, in UTC; what is none as it is."""
    try:
        told = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    return told.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if told.tzinfo else str(text)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
