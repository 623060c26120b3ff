"""What a message tells of a failure: the step, the error, and its cause where that quotes no data.

A job's failure holds its script's own words, and so maybe a review, a user or an item; an object's key is a file's
name. Those are left where they are, and the message says how to see them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.failure import BY_PERSON_OR_LIMIT, NO_SPOT, OVER_LIMIT, PASSING_REASONS
from rules.run_ending import json_object
from rules.wording import clipped, printable

# Errors whose causes are words of our own, of Lambda or of SageMaker, about parameters, prices, quotas and run files.
PLAIN = (
    *("InvalidInput", "NoReviews", "OverBudget", "UnknownPrice", "NoTrainingCode", "LeaseHeld", "OutputBroken"),
    *("NotPassed", "EvaluationMissing", "DocumentMissing", "AwsUnavailable", "MissingSetting", "States.Timeout"),
)
PLAIN_SERVICES = ("SageMaker.", "Lambda.", "Sandbox.")
JOB_ERRORS = ("JobFailed", "JobStopped")
# rules.failure's causes whose words are SageMaker's, Step Functions' or our own
PLAIN_WORDS = "|".join(map(re.escape, (*PASSING_REASONS, OVER_LIMIT, NO_SPOT, BY_PERSON_OR_LIMIT)))
PLAIN_JOB_CAUSE = re.compile(
    rf"\w+: (?:SageMaker\.\w+: |States\.Timeout: |job \S+ (?:failed|was stopped): (?:{PLAIN_WORDS}))"
)
TOLD_LIMIT = 600  # characters
MODELS_FAILED = "ModelsFailed"


@dataclass(frozen=True)
class ToldFailure:
    """``cause`` is "" where it is not told."""

    step: str
    error: str
    cause: str

    def sentence(self) -> str:
        told = self.cause or "its own words may quote data, so they are not in this message"
        return f"Failed at {self.step}: {self.error}: {told}"


def failures_of(error: str, cause: str, at: Iterable[str]) -> list[ToldFailure]:
    """By an execution's error and cause. ``at`` are the states in which it was; the branches' failures name theirs."""
    if error == MODELS_FAILED and (results := branch_results(cause)):
        told = [(one.get("Step"), str(one.get("Error")), one.get("Cause")) for one in results]
        return [ToldFailure(_name(step), _name(error), told_cause(error, cause)) for step, error, cause in told]
    step = "the redrive" if error == "LeaseHeld" else " and ".join(map(printable, at)) or "a step that is not told"
    if error in JOB_ERRORS:
        step = step.removeprefix("Triage")  # which raises what a job failed with
    return [ToldFailure(step, _name(error), told_cause(error, cause))]


def branch_results(cause: str) -> list[Mapping[str, Any]]:
    """The failed branches' result documents; none where the cause was cut off."""
    try:
        results = json.loads(cause)
    except (ValueError, RecursionError):
        return []
    return [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []


def told_cause(error: str, cause: Any) -> str:
    """The cause in one line, or that there is none; "" where it may quote data."""
    described = json_object(cause) or {}
    text = " ".join(str(described.get("errorMessage") or cause or "").split())
    if not text:
        return "it did not end within the state's time limit" if error == "States.Timeout" else "no cause was told"
    if error in JOB_ERRORS:
        plain = PLAIN_JOB_CAUSE.match(text) is not None
    else:
        plain = error in PLAIN or error.startswith(PLAIN_SERVICES)
    return clipped(printable(text), TOLD_LIMIT) if plain else ""


def _name(text: Any) -> str:
    return clipped(printable(str(text or "unknown")), 100)
