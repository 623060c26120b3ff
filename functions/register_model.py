"""RegisterModel: adds a model version to its group, once per execution however often it is asked.

Takes what rules.model_package.Registration describes; answers ModelPackageArn, ModelPackageVersion and
ModelApprovalStatus.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws import client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from rules.model_package import Registration, create_request
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
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config = from_environment(Config)
    registration = validated(Registration, event)
    version = registered_before(registration)
    if version is None:
        request = create_request(registration, config.serving_image)
        arn = client("sagemaker").create_model_package(**request)["ModelPackageArn"]
        version = client("sagemaker").describe_model_package(ModelPackageName=arn)
        metrics.add_metric("ModelsRegistered", MetricUnit.Count, 1)
        logger.info("model registered", model_package_arn=arn)
    else:
        metrics.add_metric("ModelsFoundRegistered", MetricUnit.Count, 1)
        logger.info("this execution had registered it already", model_package_arn=version["ModelPackageArn"])
    return {
        "ModelPackageArn": version["ModelPackageArn"],
        "ModelPackageVersion": version["ModelPackageVersion"],
        "ModelApprovalStatus": version["ModelApprovalStatus"],
    }


def registered_before(registration: Registration) -> dict[str, Any] | None:
    """The version that an earlier try of this execution registered, newest first; None if there is none."""
    sagemaker = client("sagemaker")
    started = registration.execution.start_time
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=registration.model_package_group_name, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            if started and summary["CreationTime"] < datetime.fromisoformat(started):
                return None
            version = sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
            failed = version.get("ModelPackageStatus") == "Failed"
            if not failed and registration.is_of_this_execution(version.get("CustomerMetadataProperties", {})):
                return version
    return None
