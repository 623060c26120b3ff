"""CloudWatch's logs of the jobs of which a page tells: trainings, for their curves, and jobs that failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from taproom.costs import AskedJob, jobs_asked_for
from taproom.follow import Snapshot
from taproom.outcome import failures_of

LARGEST = 4 * 2**20  # bytes of a log: its end
MOST_PAGES = 64  # of a log, as CloudWatch may answer with empty ones
MOST_STREAMS = 4  # of a job: an instance has one


def jobs_told(snapshot: Snapshot) -> list[AskedJob]:
    """Each training, and each job that kept the execution from succeeding."""
    failed = {failure.job_name for failure in failures_of(snapshot)}
    return [job for job in jobs_asked_for(snapshot.events) if job.kind == "Training" or job.name in failed]


def write_logs(logs: Any, snapshot: Snapshot, folder: Path) -> None:
    """``<job name>.log`` for each of these jobs that said something."""
    for job in jobs_told(snapshot):
        if lines := list(said(logs, f"/aws/sagemaker/{job.kind}Jobs", job.name)):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{Path(job.name).name}.log").write_text("\n".join(lines) + "\n", "utf-8", errors="replace")


def said(logs: Any, group: str, job: str) -> Iterator[str]:
    """The last lines of a job, in their order; none where it never began to say anything."""
    try:
        found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/", limit=MOST_STREAMS)
        for stream in found["logStreams"]:
            yield from _end_of(logs, group, stream["logStreamName"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


def _end_of(logs: Any, group: str, stream: str) -> Iterator[str]:
    pages: list[list[str]] = []
    size = 0
    token: dict[str, str] = {}
    while size < LARGEST and len(pages) < MOST_PAGES:
        answer = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=False, **token)
        pages.append([event["message"].rstrip("\r\n") for event in answer["events"]])
        size += sum(map(len, pages[-1]))
        older = {"nextToken": answer["nextBackwardToken"]}
        if older == token:  # AWS' way to say that there is no more
            break
        token = older
    for page in reversed(pages):
        yield from page
