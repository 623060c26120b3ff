"""Every job by its name. A name is used once, whatever became of the job, and in whichever local AWS of this folder."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taproom.local.jobs.job import Job
from taproom.local.jobs.kinds import Kind
from taproom.local.jobs.request import structure_errors, value_errors

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


NAME = "sagemaker.job-name"  # in the store


class Jobs:
    """The jobs of a local AWS. Of those of earlier ones only the names are left; their folders are removed."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._root = aws.root / "jobs"
        shutil.rmtree(self._root, ignore_errors=True)
        self._jobs: dict[tuple[Kind, str], Job] = {}
        self._lock = threading.Lock()

    def create(self, kind: Kind, request: dict[str, Any]) -> dict[str, str]:
        """Start a job; raises SageMaker's ValidationException or ResourceInUse."""
        errors = structure_errors(kind, request) or value_errors(kind, request)
        if errors:
            raise _error("ValidationException", f"{len(errors)} validation error(s) detected: " + "; ".join(errors))
        name = request[kind.name_key]
        with self._lock:
            job = Job(self._aws, kind, request, self._folder(kind, name))
            if self._aws.store.has(NAME, job.arn):
                raise _error(
                    "ResourceInUse",
                    "Job name must be unique within an AWS account and region, and a job with this name already "
                    f"exists ({job.arn})",
                )
            self._aws.store.put(NAME, job.arn, {"CreationTime": self._aws.clock.now().isoformat()})
            self._jobs[kind, name] = job
            job.start()
        return {kind.arn_key: job.arn}

    def describe(self, kind: Kind, name: str) -> dict[str, Any]:
        return self._find(kind, name).describe()

    def stop(self, kind: Kind, name: str) -> None:
        self._find(kind, name).stop()

    def list(self, kind: Kind, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries, newest first, with the request's StatusEquals and NameContains."""
        found = [job.describe() for (job_kind, _), job in reversed(self._jobs.items()) if job_kind is kind]
        if status := request.get("StatusEquals"):
            found = [job for job in found if job[kind.status_key] == status]
        if part := request.get("NameContains"):
            found = [job for job in found if part in job[kind.name_key]]
        keys = (kind.name_key, kind.arn_key, kind.status_key, "CreationTime", "LastModifiedTime")
        return {f"{kind.word}JobSummaries": [{key: job[key] for key in keys if key in job} for job in found]}

    def stop_all(self) -> None:
        """End every running job and wait until its processes are gone."""
        jobs = list(self._jobs.values())
        for job in jobs:
            job.stop()
        for job in jobs:
            job.join()

    def _folder(self, kind: Kind, name: str) -> Path:
        """jobs/<name>; a training and a processing job may have the same name, then the second gets <name>.<kind>."""
        taken = any(other == name for _, other in self._jobs)
        return self._root / (f"{name}.{kind.snake}" if taken else name)

    def _find(self, kind: Kind, name: str) -> Job:
        try:
            return self._jobs[kind, name]
        except KeyError:
            raise _error("ResourceNotFound", f"Could not find {kind.snake} job {name!r}") from None


def _error(code: str, message: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    return JsonRESTError(error_type=code, message=message)
