"""RegisterModel: adds a model version to its group, once per model however often it is asked.

A model that an earlier run made and this one found again may have its version already; that is answered then.

Takes what rules.model_package.Registration describes; answers ModelPackageArn, ModelPackageVersion and
ModelApprovalStatus. What the version's model card tells is read from the run's own documents in S3.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from aws import aws_unavailable, client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from read_object import read_object
from rules.data_manifest import SIZE_LIMIT as MANIFEST_LIMIT
from rules.data_manifest import read_manifest
from rules.json_document import parse_object
from rules.model_card import model_card
from rules.model_package import Evidence, NotPassed, Registration, create_request
from rules.s3_uri import parse_s3_uri
from rules.validation import validated
from settings import from_environment

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    serving_image: str


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    registration = validated(Registration, event)
    version = registered_before(registration)
    if version is None:
        request = create_request(registration, evidence(registration), config.serving_image)
        arn = client("sagemaker").create_model_package(**request)["ModelPackageArn"]
        version = client("sagemaker").describe_model_package(ModelPackageName=arn)
        metrics.add_metric("ModelsRegistered", MetricUnit.Count, 1)
        logger.info("model registered", model_package_arn=arn)
    else:
        metrics.add_metric("ModelsFoundRegistered", MetricUnit.Count, 1)
        logger.info("it was registered already", model_package_arn=version["ModelPackageArn"])
    return {
        "ModelPackageArn": version["ModelPackageArn"],
        "ModelPackageVersion": version["ModelPackageVersion"],
        "ModelApprovalStatus": version["ModelApprovalStatus"],
    }


def evidence(registration: Registration) -> Evidence:
    """The run's documents, read. Raises DocumentMissing, DocumentUnreadable, or NotPassed."""
    evaluation = read_object(parse_s3_uri(registration.evaluation_uri))
    gate = read_object(parse_s3_uri(registration.gate_uri))
    manifest = read_object(parse_s3_uri(registration.manifest_uri), MANIFEST_LIMIT)
    told = {
        "evaluation": parse_object(evaluation, registration.evaluation_uri, written_by="the evaluation job"),
        "gate": parse_object(gate, registration.gate_uri, written_by="the gate"),
        "manifest": read_manifest(manifest, registration.manifest_uri),
    }
    if told["gate"].get("passed") is not True:
        raise NotPassed(f"{registration.gate_uri} does not say that the model passed, so it is not registered")
    assert evaluation is not None  # else there was no document above
    assert manifest is not None
    return Evidence(sha256(evaluation), sha256(manifest), model_card(registration, **told))


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def registered_before(registration: Registration) -> dict[str, Any] | None:
    """The version that this execution or this very artifact has already, newest first; None if there is none."""
    sagemaker = client("sagemaker")
    since = registration.no_version_before()
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=registration.model_package_group_name, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            if since and summary["CreationTime"] < since:
                return None
            version = sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
            if registration.is_version(version):
                return version
    return None
