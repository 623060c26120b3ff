"""What came of an execution: in one sentence, and of each model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taproom.ending import NOTHING_NEW, quiet_end
from taproom.follow import UNDER_WAY, Snapshot
from taproom.outcome import Failure, failures_of, model_results

LOG_TAIL = 30  # lines
APPROVED = {"Approved": " and approved", "Rejected": " as rejected"}  # by the status with which they are registered


@dataclass(frozen=True)
class Cause:
    """Why a run failed, with the end of the failed job's log, if it is here."""

    failure: Failure
    log: str = ""

    @property
    def what_now(self) -> str:
        """What to do: in front of the command that goes on, or instead of one."""
        if self.failure.what_now:
            return "Remove the cause, then run this (after make run: make run); what is finished is not done again:"
        return "The same input would be refused again: correct what is named above, then start a new run."


def verdict(snapshot: Snapshot) -> str:
    """The outcome of the execution in one sentence."""
    results = model_results(snapshot.events)
    if failures := failures_of(snapshot):
        if snapshot.status in UNDER_WAY:
            return "The run has not ended."
        steps = _listed([failure.step for failure in failures])
        failed = f"{snapshot.status.replace('_', ' ').capitalize()} at {steps}"
        return "; ".join([failed, *_of_models(one for one in results if one.get("Status") != "Failed")]) + "."
    if quiet := quiet_end(snapshot.events):
        return "Nothing new, so no job ran." if quiet.kind == NOTHING_NEW and quiet.run else quiet.sentence
    if not results:
        return "Nothing to do: no reviews were found."
    return "; ".join(_of_models(results)) + "."


def causes(snapshot: Snapshot, folder: Path) -> list[Cause]:
    """Of each failed step."""
    return [Cause(failure, _log_end(folder, failure.job_name)) for failure in failures_of(snapshot)]


def _of_models(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """What came of the models, those of which it is the same together."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in results:
        version = f" version {one['ModelPackageVersion']}" if one.get("ModelPackageVersion") else ""
        end = str(one.get("Status", "?")).lower(), str(one.get("ModelApprovalStatus") or "")
        alike.setdefault(end, []).append(f"{one.get('Model', '?')}{version}")
    return [_of_alike(names, *end) for end, names in alike.items()]


def _of_alike(names: list[str], status: str, approval: str) -> str:
    one = len(names) == 1
    if status != "registered":
        return f"{_listed(names)} {'was' if one else 'were'} {status}"
    waits = f" and {'waits' if one else 'wait'} for approval" if approval == "PendingManualApproval" else ""
    return f"{_listed(names)} {'is' if one else 'are'} registered{APPROVED.get(approval, waits)}"


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _log_end(folder: Path, job_name: str) -> str:
    if not job_name:
        return ""
    try:
        lines = (folder / "logs" / f"{Path(job_name).name}.log").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-LOG_TAIL:])
