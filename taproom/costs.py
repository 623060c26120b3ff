"""What the jobs of an execution cost: billed seconds by SageMaker's description of each job, USD by Prepare's prices.

costs.json is ``{"schema_version": 1, "Currency", "PricesOf", "AtMost", "Seconds", "Usd", "Jobs": [{"Step", "JobName",
"Status", "InstanceType", "InstanceCount", "Seconds", "UsdPerHour", "Usd"}]}``. ``Seconds`` are billed ones: the job's
time multiplied by its instances. What is not known (a price, the end of a job) is null, and so is a sum with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from taproom.follow import Snapshot
from taproom.history import state_outputs

HOUR = 3600  # seconds
DECIMALS = 4  # of USD
STEP_TAG = "taproom:step"
NO_SUCH_JOB = ("ResourceNotFound", "ValidationException")  # SageMaker did not accept it: it never ran


@dataclass(frozen=True)
class AskedJob:
    """A job that the execution asked SageMaker for. ``kind`` is Training or Processing."""

    step: str
    kind: str
    name: str

    def described(self, sagemaker: Any) -> Mapping[str, Any] | None:
        """What SageMaker says of it; None where it was never accepted."""
        try:
            if self.kind == "Training":
                return sagemaker.describe_training_job(TrainingJobName=self.name)
            return sagemaker.describe_processing_job(ProcessingJobName=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] in NO_SUCH_JOB:
                return None
            raise


def costs_of(sagemaker: Any, snapshot: Snapshot) -> dict[str, Any]:
    """The document costs.json of an execution, further rounds and retries of its jobs included."""
    prepared = state_outputs(snapshot.events).get("Prepare") or {}
    budget = (prepared.get("Prepare") or {}).get("Budget") or {}
    prices = {step: one.get("UsdPerHour") for step, one in (budget.get("Steps") or {}).items()}
    jobs = [
        cost_of(asked, described, prices.get(asked.step))
        for asked in jobs_asked_for(snapshot.events)
        if (described := asked.described(sagemaker)) is not None
    ]
    return {
        "schema_version": 1,
        "Currency": "USD",
        "PricesOf": budget.get("PricesOf"),
        "AtMost": budget.get("AtMost"),
        "Seconds": _sum(job["Seconds"] for job in jobs),
        "Usd": _sum(job["Usd"] for job in jobs),
        "Jobs": jobs,
    }


def jobs_asked_for(events: Iterable[Mapping[str, Any]]) -> Iterator[AskedJob]:
    """Every job in the order in which it was asked for, each name once."""
    seen = set()
    for event in events:
        if event["type"] != "TaskScheduled":
            continue
        request = json.loads(event["taskScheduledEventDetails"].get("parameters") or "{}")
        for kind in ("Training", "Processing"):
            name = request.get(f"{kind}JobName") if isinstance(request, Mapping) else None
            if name and name not in seen:
                seen.add(name)
                tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
                yield AskedJob(tags.get(STEP_TAG, ""), kind, name)


def billed_seconds(kind: str, described: Mapping[str, Any]) -> int | float | None:
    """Seconds that SageMaker bills for a job: 0 if it never began, None while it has not ended.

    ``BillableTimeInSeconds`` is one instance's, as the job's own time is.
    """
    count = _machine(kind, described).get("InstanceCount", 1)
    if (billable := described.get("BillableTimeInSeconds")) is not None:
        return billable * count
    began, ended = described.get(f"{kind}StartTime"), described.get(f"{kind}EndTime")
    if began and ended:
        return round((ended - began).total_seconds() * count, 3)
    return None if began or described[f"{kind}JobStatus"] in ("InProgress", "Stopping") else 0


def cost_of(asked: AskedJob, described: Mapping[str, Any], usd_per_hour: float | None) -> dict[str, Any]:
    machine, seconds = _machine(asked.kind, described), billed_seconds(asked.kind, described)
    usd = None if usd_per_hour is None or seconds is None else round(seconds * usd_per_hour / HOUR, DECIMALS)
    return {
        "Step": asked.step,
        "JobName": asked.name,
        "Status": described[f"{asked.kind}JobStatus"],
        "InstanceType": machine.get("InstanceType"),
        "InstanceCount": machine.get("InstanceCount", 1),
        "Seconds": seconds,
        "UsdPerHour": usd_per_hour,
        "Usd": usd,
    }


def _machine(kind: str, described: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind == "Training":
        return described.get("ResourceConfig") or {}
    return described["ProcessingResources"]["ClusterConfig"]


def _sum(amounts: Iterable[float | None]) -> float | None:
    every = list(amounts)
    known = [amount for amount in every if amount is not None]
    return round(sum(known), DECIMALS) if len(known) == len(every) else None
