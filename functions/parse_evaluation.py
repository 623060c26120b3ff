"""ParseEvaluation: reads the metrics out of a model's evaluation.json, which a state machine cannot.

Takes ``{"Model": "retrieval" or "ranking", "EvaluationUri": "s3://..."}``; answers Metrics, flat numbers by name, and
EvaluationUri.
"""

from __future__ import annotations

from typing import Any

from aws import aws_unavailable
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field
from read_object import read_object
from rules.evaluation_report import flat_metrics, read_report
from rules.execution import Execution
from rules.measured import MEASURED, ModelName
from rules.s3_uri import parse_s3_uri
from rules.validation import StrictDocument, validated

logger = Logger()
tracer = Tracer()
metrics = Metrics()


class Payload(StrictDocument):
    model: ModelName
    evaluation_uri: str = Field(description="the s3:// URI of evaluation.json")
    execution: Execution | None = None  # for the log's correlation id


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    payload = validated(Payload, event)
    uri, measured = payload.evaluation_uri, MEASURED[payload.model]
    flat = flat_metrics(read_report(read_object(parse_s3_uri(uri)), uri), measured)
    logger.info("evaluation read", model=payload.model, metrics=flat)
    for name in (measured.main, f"{measured.to_beat}_{measured.main}"):
        if name in flat:
            metrics.add_metric(_camel(f"{payload.model}_{name}"), MetricUnit.NoUnit, flat[name])
    return {"Metrics": flat, "EvaluationUri": uri}


def _camel(name: str) -> str:
    """As CloudWatch's metrics are called: ``retrieval_accuracy`` is RetrievalAccuracy."""
    return "".join(part.capitalize() for part in name.split("_"))
