"""PublishTraining: a CloudFormation custom resource that puts the job scripts into the bucket under their digest.

``training/`` lies in the function's own artifact. Processing jobs read ``code/<digest>/src/``, training jobs
``code/<digest>/sourcedir.tar.gz``. Nothing is ever removed: registered versions name the code that made them.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws import client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError
from rules.code_package import read_package
from rules.wording import clipped
from settings import from_environment

ANSWER_TIMEOUT = 20  # seconds

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@dataclass(frozen=True)
class Config:
    bucket: str
    lambda_task_root: str


@logger.inject_lambda_context(correlation_id_path="StackId")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> None:
    """Do what CloudFormation asks and answer it in any case: without an answer it waits for an hour."""
    outcome: dict[str, Any] = {"Status": "SUCCESS"}
    try:
        if event["RequestType"] != "Delete":
            outcome["Data"] = publish(event.get("ResourceProperties", {}))
    except Exception as error:  # whatever it was, CloudFormation must hear of it
        logger.exception("not published")
        outcome = {"Status": "FAILED", "Reason": clipped(f"{type(error).__name__}: {error}")}
    metrics.add_metric(f"Publish{outcome['Status'].capitalize()}", MetricUnit.Count, 1)
    answer(event, outcome)


def publish(properties: dict[str, Any]) -> dict[str, str]:
    """Publish what is not there yet; returns the resource's attributes."""
    config = from_environment(Config)
    bucket = properties.get("Bucket") or config.bucket
    package = read_package(Path(config.lambda_task_root) / "training")
    objects = package.objects()
    written = [key for key, content in objects.items() if put_if_other(bucket, key, content)]
    digest = package.digest()
    logger.info("published", digest=digest, objects=len(objects), written=len(written))
    root = f"s3://{bucket}/code/{digest}"
    return {"Digest": digest, "SourcePrefix": f"{root}/src/", "SubmitUri": f"{root}/sourcedir.tar.gz"}


def put_if_other(bucket: str, key: str, content: bytes) -> bool:
    """Put an object unless it is there with the same content; returns whether it was put."""
    try:
        with client("s3").get_object(Bucket=bucket, Key=key)["Body"] as body:
            if body.read() == content:
                return False
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
    client("s3").put_object(Bucket=bucket, Key=key, Body=content)
    return True


def answer(event: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Tell CloudFormation, by the signed address that it gave for this."""
    identity = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    physical_id = event.get("PhysicalResourceId") or f"taproom-{event['LogicalResourceId']}"
    body = json.dumps({**outcome, **identity, "PhysicalResourceId": physical_id}).encode()
    # the address is signed for a request without a content type
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")
    with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT) as response:
        logger.info("answered", status=outcome["Status"], http_status=response.status)
