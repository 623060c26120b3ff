"""Prepare: checks the execution input, finds the reviews, derives all names and URIs, and plans every job.

Takes ``{"Input": <the execution input>, "Execution": {"Id", "Name", "StartTime"}}``. Everything that can be known to
be wrong is wrong here, before any job costs anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws import client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from rules.budget import budget_of
from rules.execution import Execution
from rules.execution_input import ExecutionInput, read_execution_input
from rules.gate_parameters import gate_document
from rules.jobs import Images, Plan
from rules.naming import execution_slug
from rules.prices import listed_prices
from rules.reviews import NoReviews, Reviews, StoredObject, choose_reviews
from rules.s3_uri import S3Uri, parse_s3_uri
from rules.scripts import MODELS
from rules.validation import validated
from settings import from_environment

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    bucket: str
    code_digest: str
    code_source_prefix: str
    code_submit_uri: str
    processing_image: str
    training_image_cpu: str
    training_image_gpu: str

    def code(self) -> dict[str, str]:
        return {"Digest": self.code_digest, "SourcePrefix": self.code_source_prefix, "SubmitUri": self.code_submit_uri}


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    execution = validated(Execution, event.get("Execution"), where="Execution")
    request = read_execution_input(event.get("Input"), config.bucket)
    slug = execution_slug(execution.name, execution.id)
    run_prefix = f"s3://{config.bucket}/runs/{slug}/"
    jobs = plan_jobs(config, execution, request.parameters, slug).document()
    budget = budget_of(jobs, listed_prices().with_given(request.parameters.usd_per_hour))
    budget.keep_to(request.parameters.max_usd)
    answer = {
        "schema_version": 1,
        "Parameters": request.parameters.document(),
        "Gate": {model: gate_document(request.parameters, model) for model in MODELS},
        "Trigger": request.trigger,
    }
    try:
        reviews = choose_reviews(request.reviews, list_objects(request.reviews))
    except NoReviews as error:
        if not request.scheduled:
            raise
        logger.info("no reviews yet")
        metrics.add_metric("ScheduledWithoutReviews", MetricUnit.Count, 1)
        return answer | {"Found": False, "Reason": str(error)}

    told = reviews.document(put_manifest(f"{run_prefix}reviews-manifest.json", reviews))
    logger.info("reviews found", count=told["Count"], bytes=told["Bytes"], digest=told["Digest"])
    metrics.add_metric("ReviewFiles", MetricUnit.Count, told["Count"])
    metrics.add_metric("ReviewBytes", MetricUnit.Bytes, told["Bytes"])
    return answer | {"Found": True, "Reviews": told, "Code": config.code(), "Budget": budget.document()} | jobs


def plan_jobs(config: Config, execution: Execution, parameters: ExecutionInput, slug: str) -> Plan:
    images = Images(config.processing_image, config.training_image_cpu, config.training_image_gpu)
    region = client("s3").meta.region_name
    return Plan(
        parameters,
        images,
        execution.name,
        execution.id,
        run_prefix=f"s3://{config.bucket}/runs/{slug}/",
        checkpoint_prefix=f"s3://{config.bucket}/checkpoints/{slug}/",
        submit_uri=config.code_submit_uri,
        region=region,
    )


def list_objects(place: S3Uri) -> Iterator[StoredObject]:
    """Everything whose key begins with the place's."""
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key):
        for found in page.get("Contents", ()):
            yield StoredObject(found["Key"], found["ETag"].strip('"'), found["Size"])


def put_manifest(uri: str, reviews: Reviews) -> str:
    """Write the list of exactly the files that were found, which the job reads; returns its URI."""
    place = parse_s3_uri(uri)
    body = json.dumps(reviews.manifest(), ensure_ascii=False).encode()
    client("s3").put_object(Bucket=place.bucket, Key=place.key, Body=body, ContentType="application/json")
    return uri
