"""What an execution leaves on this machine: ``runs/<execution name>/``, from which every number can be recomputed.

execution.json        DescribeExecution's answer
definition.json       the states that it ran with
history.json          GetExecutionHistory's events
evaluation/<model>.json
evaluation/retrieval/samples.json   what a few users would be recommended
gate/<model>/gate.json
model-packages.json   DescribeModelPackage of each version that this execution registered
costs.json            billed seconds and USD of each job
logs/<job name>.log
data/                 train, test and item Parquet files, manifest.json
models/<model>/model.tar.gz
request.json          the parameters, and what started the execution
triggers.json         the uploads that it served, where there were any
cache/<step>.json     whether the step was taken from an earlier run, and why not
report.html           as the function WriteReport wrote it, with links to earlier runs that are here; where it did not,
                      it is written here

What a step took from an earlier run is here as if this run had made it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from taproom.cached import CachedStep, cached_steps, run_folder
from taproom.costs import costs_of
from taproom.ending import NOTHING_NEW, quiet_end
from taproom.follow import Snapshot
from taproom.report import write_report
from taproom.report.earlier import link_to_collected
from taproom.report.gather import GONE, registered, write_json
from taproom.report.lineage import prepared_of
from taproom.report.publish import ENDED, PAGE, ended
from taproom.report.run_uri import run_uri_of

ClientFactory = Callable[[str], Any]


def collect(
    client: ClientFactory, snapshot: Snapshot, runs: Path, job_logs: Path | None = None, bucket: str = ""
) -> Path:
    """Write the run's folder, point ``runs/latest`` to it, and return it.

    Where nothing was new, ``runs/latest`` is the earlier run that has the results, if it is there.
    ``job_logs`` is a folder holding ``<job name>/log`` for each job, where there is one. ``bucket`` is the data bucket,
    in which a run that ended before it could say so left what it left.
    """
    folder = runs / PurePosixPath(snapshot.execution["name"]).name
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "execution.json", snapshot.execution)
    if snapshot.definition is not None:
        write_json(folder / "definition.json", snapshot.definition)
    write_json(folder / "history.json", {"events": snapshot.events})
    run = run_uri_of(snapshot, bucket) if bucket else prepared_of(snapshot).get("RunPrefix")
    if run:
        _download(client("s3"), run, folder)
    for cached in cached_steps(snapshot.events):
        _download_cached(client("s3"), cached, folder)
    write_json(folder / "model-packages.json", registered(client("sagemaker"), snapshot))
    write_json(folder / "costs.json", costs_of(client("sagemaker"), snapshot))
    if job_logs:
        _copy_logs(snapshot, job_logs, folder / "logs")
    if not (run and _tells_of_this_end(client("s3"), run, snapshot)):
        write_report(snapshot, folder)
    link_to_collected(folder / PAGE, runs)
    quiet = quiet_end(snapshot.events)
    earlier = run_folder(runs, quiet.run) if quiet and quiet.kind == NOTHING_NEW and quiet.run else folder
    point_latest(runs, earlier.name if earlier.is_dir() else folder.name)
    return folder


def point_latest(runs: Path, name: str) -> None:
    """Make ``runs/latest`` a link to ``name``, replacing an older one in a single step."""
    fresh = runs / f".latest-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(name, target_is_directory=True)
    os.replace(fresh, runs / "latest")


def local_name(key: str) -> Path:
    """Where an object of the run's prefix goes: a job's name and ``output/`` folder are left out of the path."""
    room, *rest = PurePosixPath(key).parts or ("unnamed",)
    if room == "models" and len(rest) > 1:
        return Path(room, rest[0], rest[-1])
    if room == "evaluation" and len(rest) > 1 and rest[-1] == "evaluation.json":
        return Path(room, f"{rest[0]}.json")
    return Path(room, *rest)


def room_of(step: str) -> str:
    """The folder, in a run's prefix and here, for what a step makes."""
    for kind, room in (("Train", "models"), ("Evaluate", "evaluation")):
        if step.startswith(kind):
            return f"{room}/{step.removeprefix(kind).lower()}/"
    return "data/"


def _download_cached(s3: Any, cached: CachedStep, folder: Path) -> None:
    """What an earlier run made for this one: everything below a prefix, or a model's archive."""
    if prefix := cached.output.get("Prefix"):
        _download(s3, prefix, folder, room_of(cached.step))
    elif archive := cached.output.get("ModelDataUrl"):
        _download(s3, f"{archive.rpartition('/')[0]}/", folder, room_of(cached.step))


def _download(s3: Any, prefix_uri: str, folder: Path, room: str = "") -> None:
    """Everything below a prefix; ``room`` is where in a run's prefix that stands."""
    uri = urlsplit(prefix_uri)
    prefix = uri.path.lstrip("/")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=uri.netloc, Prefix=prefix):
        for found in page.get("Contents", ()):
            target = folder / local_name(room + found["Key"].removeprefix(prefix))
            if not target.resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"object {found['Key']!r} would be written outside of {folder}")
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(uri.netloc, found["Key"], str(target))


def _tells_of_this_end(s3: Any, run: str, snapshot: Snapshot) -> bool:
    """Whether a report was written, and since the execution ended: one that was redriven has had another end."""
    uri = urlsplit(run)
    try:
        report = s3.head_object(Bucket=uri.netloc, Key=f"{uri.path.lstrip('/')}{PAGE}")
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return "stopDate" in snapshot.execution and report["Metadata"].get(ENDED) == ended(snapshot)


def _copy_logs(snapshot: Snapshot, job_logs: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in job_names(snapshot):
        source = job_logs / name / "log"
        if source.is_file():
            (folder / f"{name}.log").write_bytes(source.read_bytes())


def job_names(snapshot: Snapshot) -> list[str]:
    """Names of all jobs that the execution asked for, retries included, in order."""
    names = []
    for event in snapshot.events:
        if event["type"] == "TaskScheduled":
            parameters = json.loads(event["taskScheduledEventDetails"].get("parameters") or "{}")
            if isinstance(parameters, Mapping):
                name = parameters.get("TrainingJobName") or parameters.get("ProcessingJobName")
                if name and name not in names:
                    names.append(name)
    return names
