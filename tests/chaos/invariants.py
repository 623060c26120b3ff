"""What has to hold after every row, whatever went wrong in it. Each function yields what does not, in words."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.pipeline.deployed import Pipeline

Execution = dict[str, Any]  # DescribeExecution's answer
MODELS = ("Retrieval", "Ranking")
TABLE = "taproom-runs"
SOON = 15.0  # seconds


def ended_as_declared(execution: Execution, status: str, cause: tuple[str, ...]) -> Iterator[str]:
    told = f"{execution.get('error', '')} {execution.get('cause', '')}"
    if execution["status"] != status:
        yield f"it ended {execution['status']} instead of {status}: {told}"
    for text in cause:
        if text not in told:
            yield f"its cause does not name {text!r}: {told}"


def ended_well(execution: Execution, *, served: bool = False) -> Iterator[str]:
    """``served``: the execution that followed may have left it nothing to do."""
    if execution["status"] != "SUCCEEDED":
        yield f"the recovery ended {execution['status']}: {execution.get('cause', '')}"
    else:
        results = json.loads(execution["output"]).get("Models")
        if not results and not served:
            yield f"it had nothing to do: {execution['output'][:1000]}"
        for result in results or ():
            if result["Status"] != "Registered":
                yield f"the recovery has {result['Model']} {result['Status']}: {result['Reason']}"


def versions(pipeline: Pipeline, known: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each version that is there, with its model. ``known`` keeps what was described before: versions do not change."""
    sagemaker = pipeline.aws.client("sagemaker")
    found = []
    for model in MODELS:
        group = pipeline.outputs[f"{model}ModelPackageGroupName"]
        pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        for arn in (one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]):
            if arn not in known:
                known[arn] = sagemaker.describe_model_package(ModelPackageName=arn)
            found.append((model, known[arn]))
    return found


def no_duplicate(found: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """At most one version of an artifact, and of an execution and model."""
    by_artifact: Counter[str] = Counter()
    by_execution: Counter[tuple[str, str]] = Counter()
    for model, version in found:
        by_artifact[version["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]] += 1
        by_execution[model, version["CustomerMetadataProperties"]["ExecutionArn"]] += 1
    for key, number in (by_artifact + Counter({f"{m} of {e}": n for (m, e), n in by_execution.items()})).items():
        if number > 1:
            yield f"{number} versions of {key}"


def no_job_runs(pipeline: Pipeline) -> Iterator[str]:
    """One that nobody waits for any more gets a moment to end by itself."""
    deadline = time.monotonic() + SOON
    while (running := running_jobs(pipeline)) and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    for name in running:
        yield f"nobody waits for the job {name}, which still runs"


def running_jobs(pipeline: Pipeline) -> list[str]:
    sagemaker = pipeline.aws.client("sagemaker")
    return [
        job[f"{kind}JobName"]
        for kind in ("Training", "Processing")
        for job in getattr(sagemaker, f"list_{kind.lower()}_jobs")(StatusEquals="InProgress")[f"{kind}JobSummaries"]
    ]


def rows(pipeline: Pipeline, kind: str) -> list[dict[str, Any]]:
    """The documents of the table's rows of a kind."""
    found = pipeline.aws.client("dynamodb").query(
        TableName=TABLE,
        ConsistentRead=True,
        KeyConditionExpression="Kind = :kind",
        ExpressionAttributeValues={":kind": {"S": kind}},
    )
    return [json.loads(item["Document"]["S"]) for item in found["Items"]]


def lease(pipeline: Pipeline) -> dict[str, Any] | None:
    return next(iter(rows(pipeline, "lease")), None)


def lease_is_free(pipeline: Pipeline) -> Iterator[str]:
    """Once all is quiet."""
    held = lease(pipeline)
    if held is not None and datetime.fromisoformat(held["ExpiresAt"]) > pipeline.aws.clock.now():
        yield f"the lease is still held: {held}"


def nothing_waits(pipeline: Pipeline) -> Iterator[str]:
    for waiting in rows(pipeline, "pending"):
        yield f"nobody serves what waits: {waiting}"


def no_upload_lost(pipeline: Pipeline, keys: list[str], executions: list[str]) -> Iterator[str]:
    """Each uploaded key was trained on by one of the executions that succeeded."""
    trained_on = {name for arn in executions for name in trained(pipeline, arn)}
    for key in keys:
        if key not in trained_on:
            yield f"the upload {key} was lost: no execution that succeeded had it among its reviews"


def trained(pipeline: Pipeline, arn: str) -> Iterator[str]:
    """Keys of the reviews that an execution which succeeded has read."""
    execution = pipeline.aws.client("stepfunctions").describe_execution(executionArn=arn)
    prepared = json.loads(execution.get("output") or "{}").get("Prepare") or {}
    if execution["status"] == "SUCCEEDED" and prepared.get("Outcome") == "Run":
        head, *names = pipeline.document(prepared["Reviews"]["ManifestUri"])
        prefix = head["prefix"].removeprefix("s3://").partition("/")[2]
        yield from (prefix + name for name in names)
