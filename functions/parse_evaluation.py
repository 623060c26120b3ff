"""ParseEvaluation: reads the metrics out of a model's evaluation.json, which a Choice cannot.

Takes ``{"EvaluationUri": "s3://..."}``; answers Accuracy, Baseline (None if not measured), Metrics, EvaluationUri.
"""

from __future__ import annotations

from typing import Any

from aws import client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError
from pydantic import Field
from rules.evaluation_report import SIZE_LIMIT, EvaluationMissing, read_evaluation
from rules.execution import Execution
from rules.s3_uri import S3Uri, parse_s3_uri
from rules.validation import StrictDocument, validated

logger = Logger()
tracer = Tracer()
metrics = Metrics()


class Payload(StrictDocument):
    evaluation_uri: str = Field(description="the s3:// URI of evaluation.json")
    execution: Execution | None = None  # for the log's correlation id


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    uri = validated(Payload, event).evaluation_uri
    evaluation = read_evaluation(fetch(parse_s3_uri(uri)), uri)
    logger.info("evaluation read", accuracy=evaluation.accuracy, baseline=evaluation.baseline)
    metrics.add_metric("Top500Accuracy", MetricUnit.NoUnit, evaluation.accuracy)
    if evaluation.baseline is not None:
        metrics.add_metric("PopularityTop500Accuracy", MetricUnit.NoUnit, evaluation.baseline)
    return {
        "Accuracy": evaluation.accuracy,
        "Baseline": evaluation.baseline,
        "Metrics": evaluation.metrics,
        "EvaluationUri": uri,
    }


def fetch(place: S3Uri) -> bytes:
    """The object's bytes, at most one more than an evaluation may have. Raises EvaluationMissing."""
    try:
        found = client("s3").get_object(Bucket=place.bucket, Key=place.key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
            raise EvaluationMissing(f"{place} is missing: the evaluation job did not write evaluation.json") from error
        raise
    with found["Body"] as body:
        return body.read(SIZE_LIMIT + 1)
