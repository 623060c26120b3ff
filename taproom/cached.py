"""Steps that an execution did not run, because an earlier run had made their output from the same inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

HIT = "Hit"


@dataclass(frozen=True)
class CachedStep:
    """A step that was a hit: the execution that made its output, and where that is (Prefix or ModelDataUrl)."""

    step: str
    execution_arn: str
    output: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """The name of the execution that made the output."""
        return self.execution_arn.rsplit(":", 1)[-1]


def hit_told_by(event: Mapping[str, Any]) -> CachedStep | None:
    """The step whose state ``<Step>Hit`` is entered by an event of a history; None for any other event."""
    if event["type"] != "PassStateEntered":
        return None
    details = event.get("stateEnteredEventDetails") or {}
    step = details.get("name", "").removesuffix(HIT)
    document = json.loads(details.get("input") or "null")
    if step == details.get("name") or not isinstance(document, dict):
        return None
    found = document.get(f"LookUp{step}")
    return CachedStep(step, found.get("From", ""), found.get("Output") or {}) if found else None


def cached_steps(events: Iterable[Mapping[str, Any]]) -> list[CachedStep]:
    """Every step of an execution that was a hit, in the order in which they were."""
    hits = {hit.step: hit for event in events if (hit := hit_told_by(event))}
    return list(hits.values())


@dataclass(frozen=True)
class TakenFrom:
    """An earlier run, the steps that came from it, and the job seconds that were not spent on them, if known."""

    run: str
    steps: list[str]
    seconds: float | None


def taken_from(cached: Iterable[CachedStep], runs: Path) -> list[TakenFrom]:
    """Each earlier run that steps came from. ``runs`` holds the folders of collected runs, which tell the seconds."""
    by_run: dict[str, list[str]] = {}
    for one in cached:
        by_run.setdefault(one.run, []).append(one.step)
    return [TakenFrom(run, steps, seconds_of(steps, run_folder(runs, run))) for run, steps in by_run.items()]


def runs_told(cached: Iterable[CachedStep], runs: Path) -> list[str]:
    """A line for each earlier run that steps came from."""
    return [
        f"{', '.join(one.steps)} from run {one.run}"
        + ("" if one.seconds is None else f" ({one.seconds:.1f} job seconds not spent)")
        for one in taken_from(cached, runs)
    ]


def seconds_of(steps: Iterable[str], folder: Path) -> float | None:
    """What a collected run's costs.json says that SageMaker billed for ``steps``; None where it does not say."""
    try:
        jobs = json.loads((folder / "costs.json").read_text(encoding="utf-8"))["Jobs"]
        seconds = {job["Step"]: job["Seconds"] for job in jobs if job["Status"] == "Completed"}
        return sum(seconds[step] for step in steps)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def run_folder(runs: Path, name: str) -> Path:
    """Where the run of that name is collected, whether or not it is."""
    return runs / PurePosixPath(name).name
