"""Why a job failed, and whether it may be tried again.

Only what SageMaker itself could not do is tried again: no capacity, an internal error, a throttled call. A script's
error is final, whatever its message says. Rounds are numbered on across redrives: redrive ``n`` begins with round
``n * ROUNDS_PER_REDRIVE``, so a round tells to which redrive it belongs even where no job's name does.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from rules.wording import clipped, printable

MOST_ROUNDS = 3  # tries after the first
ROUNDS_PER_REDRIVE = MOST_ROUNDS + 1
FIRST_WAIT = 60  # seconds; doubles with each round
JITTER = 0.2  # share of the wait by which it is shortened or lengthened
CAUSE_LIMIT = 1_024  # characters
PASSING_REASONS = ("CapacityError", "InternalServerError")
OVER_LIMIT = "it ran longer than its time limit"
NO_SPOT = "it had no spot instance for long enough; raise MaxWaitInSeconds, or train without UseSpot"
BY_PERSON_OR_LIMIT = f"by a person, or because {OVER_LIMIT}"
PASSING_CALL = re.compile(
    r"throttl|rate exceeded|too ?many ?requests|service ?unavailable|internal ?failure|internal ?server|"
    r"status code: 5\d\d",
    re.IGNORECASE,
)
QUOTA = re.compile(r"resource ?limit ?exceeded|service limit", re.IGNORECASE)
QUOTA_OF_NOTHING = re.compile(r"service limit '[^']*' is 0(?:\.0+)?\b", re.IGNORECASE)


class JobFailed(Exception):
    """A job failed for good; the message is the cause."""


class JobStopped(JobFailed):
    """Somebody or a time limit stopped a job."""


@dataclass(frozen=True)
class Failure:
    """One failure, read. ``passing`` is whether it may go away by itself; ``job_name`` is empty where none is told."""

    error: str
    cause: str
    job_name: str
    passing: bool


@dataclass(frozen=True)
class Triage:
    """What to do about a failure: try again in ``round`` after ``wait_seconds``, or not."""

    retry: bool
    round: int
    wait_seconds: int
    failure: Failure


def read_failure(step: str, failure: dict[str, Any]) -> Failure:
    """Read what a Catch caught ({"Error", "Cause"}) or what Describe says of a job that ended."""
    if "Error" not in failure:
        return _of_job(step, failure)
    error, cause = str(failure["Error"]), failure.get("Cause") or ""
    described = _described(cause)
    if described is not None and error != "States.Timeout":
        return _of_job(step, described)
    text = printable(" ".join(str(cause).split()))
    # Describe's answer that was cut off is a job's failure too: its text may quote a script, so it is not searched
    passing = not text.startswith("{") and error != "States.Timeout" and _call_may_pass(f"{error} {text}")
    told = text or {"States.Timeout": "it did not end within the state's time limit"}.get(error, "no cause was told")
    return Failure(error, clipped(f"{step}: {error}: {told}", CAUSE_LIMIT), "", passing)


def triage(step: str, round_number: int, redrive_count: int, failure: Failure, *, raised: bool) -> Triage:
    """Another round for what may pass, bounded; else it is final.

    What is final is ``raised`` before the branches. Met again there after a redrive, it is tried afresh: whoever
    redrove the execution asked for that.
    """
    done = round_number % ROUNDS_PER_REDRIVE
    if failure.passing and done < MOST_ROUNDS:
        return Triage(True, round_number + 1, wait_seconds(done, failure.job_name or step), failure)
    if raised and redrive_count > _redrive_of(failure.job_name, round_number):
        return Triage(True, redrive_count * ROUNDS_PER_REDRIVE, 0, failure)
    return Triage(False, round_number, 0, failure)


def wait_seconds(done: int, name: str) -> int:
    """Doubles with each round done; the job's name spreads it, so that executions do not come back together."""
    spread = int(hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8], 16) / 0xFFFFFFFF  # 0 to 1
    return round(FIRST_WAIT * 2**done * (1 + JITTER * (2 * spread - 1)))


def _redrive_of(job_name: str, round_number: int) -> int:
    counts = re.search(r"-\d+-\d+-(\d+)\Z", job_name)
    return int(counts[1]) if counts else round_number // ROUNDS_PER_REDRIVE


def _of_job(step: str, job: dict[str, Any]) -> Failure:
    name = str(job.get("TrainingJobName") or job.get("ProcessingJobName") or "")
    status = str(job.get("TrainingJobStatus") or job.get("ProcessingJobStatus") or "Failed")
    reason = str(job.get("FailureReason") or "")
    if status == "Stopped":
        told = reason or str(job.get("ExitMessage") or "") or _why_stopped(job)
        return Failure("JobStopped", _cause(step, name, "was stopped", told), name, False)
    passing = reason.startswith(PASSING_REASONS)
    # a processing job's ExitMessage is the script's own word, where FailureReason only points to the log
    told = reason if passing else str(job.get("ExitMessage") or reason)
    return Failure("JobFailed", _cause(step, name, "failed", told or "no reason was told"), name, passing)


def _why_stopped(job: dict[str, Any]) -> str:
    if job.get("SecondaryStatus") == "MaxRuntimeExceeded":
        return OVER_LIMIT
    if job.get("SecondaryStatus") == "MaxWaitTimeExceeded":
        return NO_SPOT
    return BY_PERSON_OR_LIMIT


def _cause(step: str, name: str, happened: str, told: str) -> str:
    return clipped(f"{step}: job {name or '(unnamed)'} {happened}: {told.strip()}", CAUSE_LIMIT)


def _described(cause: Any) -> dict[str, Any] | None:
    """The Describe answer of a failed job, which Step Functions hands over as JSON in a text."""
    if isinstance(cause, dict):
        return cause
    try:
        document = json.loads(cause)
    except (TypeError, ValueError, RecursionError):
        return None
    names = {"TrainingJobName", "ProcessingJobName", "TrainingJobStatus", "ProcessingJobStatus", "FailureReason"}
    return document if isinstance(document, dict) and names & document.keys() else None


def _call_may_pass(text: str) -> bool:
    """Whether a create call that SageMaker refused may be accepted later."""
    if QUOTA.search(text):
        return not QUOTA_OF_NOTHING.search(text)
    return bool(PASSING_CALL.search(text))
