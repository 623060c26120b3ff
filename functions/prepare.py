"""Prepare: checks the execution input, finds the reviews, derives all names and URIs, and plans every job.

Takes ``{"Input": <the execution input>, "Execution": {"Id", "Name", "StartTime", "Now"}}``. Everything that can be
known to be wrong is wrong here, before any job costs anything. Answers an Outcome: Run with every job's plan,
NoReviews, or NothingNew where the last finished run was made of the same. The run claims the uploads that wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws import aws_unavailable, client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from claim_uploads import Claims, read_claims
from rules.budget import budget_of
from rules.claimed_uploads import widened
from rules.execution import Execution
from rules.execution_input import ExecutionInput, Request, read_execution_input
from rules.gate_parameters import gate_document
from rules.jobs import Images, Plan
from rules.naming import RUNS_PREFIX, execution_slug
from rules.prices import listed_prices
from rules.protection import protection
from rules.reviews import NoReviews, choose_reviews
from rules.run_fingerprint import run_fingerprint
from rules.s3_uri import S3Uri, parse_s3_uri
from rules.scripts import MODELS
from rules.validation import validated
from runs_table import read_row
from settings import from_environment
from stored_objects import list_objects
from write_document import write_document

SCHEMA_VERSION = 1
RUN, NO_REVIEWS, NOTHING_NEW = "Run", "NoReviews", "NothingNew"  # the outcomes

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    bucket: str
    runs_table: str
    code_digest: str
    code_source_prefix: str
    code_submit_uri: str
    processing_image: str
    training_image_cpu: str
    training_image_gpu: str
    kms_key_arn: str = ""
    vpc_subnet_ids: str = ""
    vpc_security_group_ids: str = ""

    def code(self) -> dict[str, str]:
        return {"Digest": self.code_digest, "SourcePrefix": self.code_source_prefix, "SubmitUri": self.code_submit_uri}


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    execution = validated(Execution, event.get("Execution"), where="Execution")
    given = read_execution_input(event.get("Input"), config.bucket)
    folder = S3Uri(config.bucket, f"{RUNS_PREFIX}{execution_slug(execution.name, execution.id)}/")
    claims = read_claims(given, S3Uri(folder.bucket, f"{folder.key}triggers.json"))
    try:
        answer = prepare(config, execution, widened(given, claims.uploads), claims, folder)
    except ValueError:
        claims.settle()  # what is refused is refused with its uploads: waiting on, they would start the same again
        raise
    claims.settle()
    metrics.add_metric("UploadsClaimed", MetricUnit.Count, len(claims.uploads))
    return answer


def prepare(config: Config, execution: Execution, request: Request, claims: Claims, folder: S3Uri) -> dict[str, Any]:
    """The answer. Raises a ValueError that names what is wrong, before anything is written."""
    plan = plan_jobs(config, execution, request.parameters, folder)
    jobs = plan.document()
    budget = budget_of(jobs, listed_prices().with_given(request.parameters.usd_per_hour))
    budget.keep_to(request.parameters.max_usd)
    answer = {
        "schema_version": SCHEMA_VERSION,
        "Parameters": request.parameters.document(),
        "Gate": {model: gate_document(request.parameters, model) for model in MODELS},
        "Trigger": request.trigger,
        "RerunOf": request.rerun_of,
    }
    answer |= outcome(config, plan, request, claims)
    write_document(
        S3Uri(folder.bucket, f"{folder.key}request.json"),
        {"schema_version": SCHEMA_VERSION, "Defaults": ExecutionInput().document()}
        | {name: answer[name] for name in ("Parameters", "Trigger", "RerunOf")},
    )
    if answer["Outcome"] != RUN:
        logger.info("nothing to do", outcome=answer["Outcome"])
        return answer
    return answer | {"Code": config.code(), "Budget": budget.document()} | jobs


def outcome(config: Config, plan: Plan, request: Request, claims: Claims) -> dict[str, Any]:
    """Whether there is anything to do. Where there is, the manifest of the reviews is written, which the job reads."""
    if request.coalesced and not claims.uploads:
        reason = "another run has claimed the uploads that this one was started for"
        return nothing_new(reason, "", None, claims)
    try:
        reviews = choose_reviews(request.reviews, list_objects(request.reviews))
    except NoReviews as error:
        if not request.scheduled:
            raise
        metrics.add_metric("ScheduledWithoutReviews", MetricUnit.Count, 1)
        return {"Outcome": NO_REVIEWS, "Reason": str(error)}
    fingerprint = run_fingerprint(reviews, config.code_digest, plan.images_used(), request.parameters.document())
    last = read_row("finished", "run")
    finished = {name: last.document[name] for name in ("ExecutionArn", "FinishedAt")} if last else None
    same = last is not None and last.document["Fingerprint"] == fingerprint
    if finished is not None and same and not request.parameters.force and request.rerun_of is None:
        reason = (
            f"reviews, code and parameters are those of {finished['ExecutionArn']}, which made all there is to make"
        )
        return nothing_new(reason, fingerprint, finished, claims)
    uri = f"{plan.run_prefix}reviews-manifest.json"
    write_document(parse_s3_uri(uri), reviews.manifest(), indent=None)
    told = reviews.document(uri)
    logger.info("reviews found", count=told["Count"], bytes=told["Bytes"], digest=told["Digest"])
    metrics.add_metric("ReviewFiles", MetricUnit.Count, told["Count"])
    metrics.add_metric("ReviewBytes", MetricUnit.Bytes, told["Bytes"])
    answer = {"Outcome": RUN, "Reviews": told, "LastRun": finished, "Fingerprint": fingerprint}
    return answer | {"Triggers": claims.document()}


def nothing_new(reason: str, fingerprint: str, last: dict[str, Any] | None, claims: Claims) -> dict[str, Any]:
    """The outcome of a run that would make what there is. ``fingerprint`` is empty where no reviews were looked at."""
    metrics.add_metric("RunsWithNothingNew", MetricUnit.Count, 1)
    return {
        "Outcome": NOTHING_NEW,
        "Reason": reason,
        "LastRun": last,
        "Fingerprint": fingerprint,
        "Triggers": claims.document(),
    }


def plan_jobs(config: Config, execution: Execution, parameters: ExecutionInput, folder: S3Uri) -> Plan:
    images = Images(config.processing_image, config.training_image_cpu, config.training_image_gpu)
    return Plan(
        parameters,
        images,
        execution.name,
        execution.id,
        run_prefix=str(folder),
        checkpoint_prefix=f"s3://{folder.bucket}/checkpoints/{folder.key.removeprefix(RUNS_PREFIX)}",
        submit_uri=config.code_submit_uri,
        region=client("s3").meta.region_name,
        protection=protection(config.kms_key_arn, config.vpc_subnet_ids, config.vpc_security_group_ids),
    )
