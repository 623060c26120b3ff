"""How long a version's model was trained, and what its run cost.

The run's own costs.json in the bucket tells both. A model that the run took from an earlier one was trained there, and
that run's costs.json tells how long. Where none was written, SageMaker still knows the training job, but no price.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from taproom.costs import AskedJob, billed_seconds
from taproom.faults import error_code
from taproom.registry.documents import Document, at, objects, read_document
from taproom.registry.record import Record
from taproom.report.documents import finite
from taproom.report.run_uri import run_of

ARCHIVE = re.compile(r"s3://.+/(?P<job>[^/]+)/output/model\.tar\.gz")


@dataclass(frozen=True)
class Spending:
    """Billed seconds of the training, and USD of all jobs of the run that registered the version.

    What is not known is None, with the reason in ``missing``, by what it is.
    """

    training_seconds: float | None
    usd: float | None
    missing: Mapping[str, str]


class Books:
    """What runs have spent; each run's costs.json is read once. ``s3`` and ``sagemaker`` are boto3 clients."""

    def __init__(self, s3: Any, sagemaker: Any) -> None:
        self._sagemaker = sagemaker
        self._costs = cache(lambda folder: read_document(s3, f"{folder}costs.json"))

    def of(self, record: Record) -> Spending:
        missing = {}
        run = self._of_folder(record.told("GateUri"))
        usd = finite(run.content.get("Usd"))
        if usd is None:
            missing["cost"] = run.missing or "the price of an instance, or the end of a job, was not known"
        seconds, why = self._training(record.version.artifact_uri)
        if seconds is None:
            missing["training time"] = why
        return Spending(seconds, usd, missing)

    def _of_folder(self, uri: str) -> Document:
        """costs.json of the run in whose folder ``uri`` lies."""
        folder = run_of(uri)
        return self._costs(folder) if folder else Document(missing="the version does not name its run's folder")

    def _training(self, artifact: str) -> tuple[float | None, str]:
        found = ARCHIVE.fullmatch(artifact)
        if not found:
            return None, "the model's place does not name its training job"
        name = found["job"]
        for job in objects(self._of_folder(artifact).content.get("Jobs")):
            if job.get("JobName") == name and (seconds := finite(at(job, "Seconds"))) is not None:
                return seconds, ""
        return self._described(name)

    def _described(self, name: str) -> tuple[float | None, str]:
        try:
            job = AskedJob("", "Training", name).described(self._sagemaker)
        except ClientError as error:
            return None, f"the training job {name} cannot be described ({error_code(error)})"
        except BotoCoreError as error:
            return None, f"the training job {name} cannot be described ({error})"
        if job is None:
            return None, f"no costs.json tells of the training job {name}, and SageMaker does not know it"
        seconds = billed_seconds("Training", job)
        return seconds, "" if seconds is not None else f"the training job {name} has not ended"
