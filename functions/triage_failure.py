"""TriageFailure: reads why a job failed and says whether it may be tried again.

Takes ``{"Step", "Round", "Failure", "RedriveCount", "Final"}``. What is final is raised where ``Final`` is "Raise",
which fails the execution at this very Task, so that a redrive comes back here; else it is answered.
"""

from __future__ import annotations

from typing import Any, Literal

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field
from rules.execution import Execution
from rules.failure import JobFailed, JobStopped, read_failure, triage
from rules.validation import StrictDocument, validated

logger = Logger()
tracer = Tracer()
metrics = Metrics()


class Payload(StrictDocument):
    step: str = Field(min_length=1, description="the job's state")
    round: int = Field(ge=0, description="a whole number, 0 or more")
    failure: dict[str, Any] = Field(description='{"Error", "Cause"} or the answer of the job\'s Describe')
    redrive_count: int = Field(ge=0, description="a whole number, 0 or more")
    final: Literal["Raise", "Return"] = Field(description='"Raise" or "Return"')
    execution: Execution | None = None  # for the log's correlation id


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    payload = validated(Payload, event)
    failure = read_failure(payload.step, payload.failure)
    raised = payload.final == "Raise"
    decision = triage(payload.step, payload.round, payload.redrive_count, failure, raised=raised)
    # not the cause: it holds a script's own words, and so maybe a user's name or review
    logger.info("triaged", step=payload.step, error=failure.error, job_name=failure.job_name, retry=decision.retry)
    metrics.add_metric("JobsTriedAgain" if decision.retry else "JobsFailed", MetricUnit.Count, 1)
    if raised and not decision.retry:
        raise (JobStopped if failure.error == "JobStopped" else JobFailed)(failure.cause)
    return {
        "Retry": decision.retry,
        "Round": decision.round,
        "WaitSeconds": decision.wait_seconds,
        "Step": payload.step,
        "Error": failure.error,
        "Cause": failure.cause,
        "JobName": failure.job_name,
    }
