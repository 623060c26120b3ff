"""Gate: decides whether a model may be registered, and writes down why.

Takes ``{"Model", "EvaluationUri", "Rules": <Prepare's Gate of the model>, "OutputUri": "s3://.../gate.json"}``; answers
Passed, Reason, Rules (each rule's verdict) and GateUri.
"""

from __future__ import annotations

from typing import Any

from aws import aws_unavailable
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field
from read_object import read_object
from rules.evaluation_report import read_report
from rules.execution import Execution
from rules.gate import decide
from rules.gate_rules import GateRules
from rules.measured import ModelName
from rules.s3_uri import parse_s3_uri
from rules.validation import StrictDocument, validated
from rules.verdict import FAILED
from write_document import write_document

SCHEMA_VERSION = 1

logger = Logger()
tracer = Tracer()
metrics = Metrics()


class Payload(StrictDocument):
    model: ModelName
    evaluation_uri: str = Field(description="the s3:// URI of evaluation.json")
    rules: GateRules
    output_uri: str = Field(pattern=r"^s3://", description="the s3:// URI of the gate.json to write")
    execution: Execution | None = None  # for the log's correlation id


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    payload = validated(Payload, event)
    uri = payload.evaluation_uri
    report = read_report(read_object(parse_s3_uri(uri)), uri)
    decision = decide(payload.model, report.document, payload.rules, uri)
    write_document(
        parse_s3_uri(payload.output_uri),
        {
            "schema_version": SCHEMA_VERSION,
            "model": payload.model,
            "evaluation_uri": uri,
            "passed": decision.passed,
            "reason": decision.reason,
            "rules": [one.document() for one in decision.verdicts],
            "parameters": payload.rules.model_dump(),
        },
    )
    refused_by = [one.rule for one in decision.verdicts if one.verdict == FAILED]
    logger.info("decided", model=payload.model, passed=decision.passed, refused_by=refused_by)
    metrics.add_metric("ModelsPassed" if decision.passed else "ModelsRefused", MetricUnit.Count, 1)
    return {
        "Passed": decision.passed,
        "Reason": decision.reason,
        "Rules": [one.answer() for one in decision.verdicts],
        "GateUri": payload.output_uri,
    }
