"""What a page is made of, fetched from an account into the folder that ``taproom run`` would have collected.

Only the small documents of a run, never its reviews or models: it is as much work for a run of many reviews as for one
of few. Of earlier runs, from which steps were taken, or with which the data is compared, a few documents come too, into
folders beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from taproom.cache_explained import FLOW
from taproom.cached import CachedStep, cached_steps, run_folder
from taproom.costs import costs_of
from taproom.ending import name_of
from taproom.follow import Snapshot
from taproom.outcome import model_results
from taproom.registry.documents import at, objects
from taproom.report.documents import read_object
from taproom.report.earlier import EARLIER
from taproom.report.job_logs import write_logs
from taproom.report.lineage import prepared_of
from taproom.report.publish import PAGE
from taproom.report.run_uri import run_of, run_uri

ClientFactory = Callable[[str], Any]
LARGEST = 16 * 2**20  # bytes of a document; what is larger is left out
GONE = ("404", "NoSuchKey")
NO_SUCH_VERSION = ("ResourceNotFound", "ValidationException")
OF_RUN = ("request.json", *(f"cache/{step}.json" for step in FLOW))
MANIFEST = "data/manifest.json"
# What is read of a step's output: its folder in a run's prefix, and the file's name here.
OF_STEPS = {
    "Preprocess": (("manifest.json", MANIFEST),),
    "EvaluateRetrieval": (
        ("evaluation.json", "evaluation/retrieval.json"),
        ("samples.json", "evaluation/retrieval/samples.json"),
    ),
    "EvaluateRanking": (("evaluation.json", "evaluation/ranking.json"),),
}
FOLDERS = {
    "Preprocess": "data/",
    "EvaluateRetrieval": "evaluation/retrieval/",
    "EvaluateRanking": "evaluation/ranking/",
}
GATES = ("gate/retrieval/gate.json", "gate/ranking/gate.json")


def gather(client: ClientFactory, snapshot: Snapshot, run: str, runs: Path) -> Path:
    """Fetch into ``runs/<execution name>``, and return it. ``run`` is the s3:// URI of the run's folder."""
    s3, folder = client("s3"), run_folder(runs, snapshot.execution["name"])
    folder.mkdir(parents=True)
    cached = cached_steps(snapshot.events)
    taken = {one.step: one.output["Prefix"] for one in cached if isinstance(one.output.get("Prefix"), str)}
    for name in (*OF_RUN, *GATES):
        fetch(s3, f"{run}{name}", folder / name)
    for step, files in OF_STEPS.items():
        for name, here in files:
            fetch(s3, f"{taken.get(step, run + FOLDERS[step])}{name}", folder / here)
    write_json(folder / "model-packages.json", registered(client("sagemaker"), snapshot))
    write_json(folder / "costs.json", costs_of(client("sagemaker"), snapshot))
    write_logs(client("logs"), snapshot, folder / "logs")
    _gather_taken_from(s3, cached, runs)
    _gather_last(s3, snapshot, run, runs)
    write_json(folder / EARLIER, _reports_of_earlier(s3, snapshot, run, cached))
    return folder


def registered(sagemaker: Any, snapshot: Snapshot) -> list[dict[str, Any]]:
    """DescribeModelPackage of each version that the execution registered, if it is still there."""
    packages = []
    for result in model_results(snapshot.events):
        if arn := result.get("ModelPackageArn"):
            try:
                package = sagemaker.describe_model_package(ModelPackageName=arn)
            except ClientError as error:
                if error.response["Error"]["Code"] in NO_SUCH_VERSION:
                    continue
                raise
            package.pop("ResponseMetadata", None)
            packages.append(package)
    return packages


def fetch(s3: Any, uri: str, path: Path) -> bool:
    """Whether the object is there, is small enough, and so was written to ``path``."""
    place = urlsplit(uri, allow_fragments=False)
    try:
        found = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    if found["ContentLength"] > LARGEST:
        found["Body"].close()
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(found["Body"].read())
    return True


def write_json(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, default=_plain) + "\n", encoding="utf-8")


def _gather_taken_from(s3: Any, cached: Iterable[CachedStep], runs: Path) -> None:
    """Of each run that steps were taken from: its costs, and the logs of the trainings."""
    for one in cached:
        uri = run_of(str(one.output.get("Prefix") or one.output.get("ModelDataUrl") or ""))
        if not uri or not one.run:
            continue
        there = run_folder(runs, one.run)
        if not (there / "costs.json").is_file():
            fetch(s3, f"{uri}costs.json", there / "costs.json")
        for job in objects(read_object(there / "costs.json").get("Jobs")):
            name = job.get("JobName")
            if job.get("Step") == one.step and one.step.startswith("Train") and isinstance(name, str):
                fetch(s3, f"{uri}logs/{name}.log", there / "logs" / f"{Path(name).name}.log")


def _reports_of_earlier(s3: Any, snapshot: Snapshot, run: str, cached: Iterable[CachedStep]) -> dict[str, str]:
    """The s3:// URIs of the reports of the runs that a page names, where there is one."""
    arns = {one.execution_arn for one in cached} | {at(prepared_of(snapshot), "LastRun", "ExecutionArn")}
    uris = {
        name_of(arn): f"{run_uri(urlsplit(run).netloc, arn)}{PAGE}"
        for arn in arns
        if isinstance(arn, str) and arn and arn != snapshot.execution["executionArn"]
    }
    return {name: uri for name, uri in sorted(uris.items()) if _is_there(s3, uri)}


def _is_there(s3: Any, uri: str) -> bool:
    place = urlsplit(uri)
    try:
        s3.head_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return True


def _gather_last(s3: Any, snapshot: Snapshot, run: str, runs: Path) -> None:
    """Of the run that finished last before this one: what was counted of its reviews."""
    last = at(prepared_of(snapshot), "LastRun")
    arn = at(last, "ExecutionArn")
    if not isinstance(arn, str) or arn == snapshot.execution["executionArn"]:
        return
    bucket, there = urlsplit(run).netloc, run_folder(runs, name_of(arn))
    if not fetch(s3, f"{run_uri(bucket, arn)}{MANIFEST}", there / MANIFEST):
        looked_up = there / "cache" / "Preprocess.json"  # it had taken its own reviews from an earlier one
        fetch(s3, f"{run_uri(bucket, arn)}cache/Preprocess.json", looked_up)
        origin = read_object(looked_up).get("From")
        if not isinstance(origin, str) or not fetch(s3, f"{run_uri(bucket, origin)}{MANIFEST}", there / MANIFEST):
            return
    write_json(there / "execution.json", {"name": name_of(arn), "stopDate": at(last, "FinishedAt")})


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON: {value!r}")
