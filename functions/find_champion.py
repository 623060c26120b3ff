"""FindChampion: finds the model version to beat, and says whether it may be measured on this run's test set.

Takes ``{"Model", "ModelPackageGroupName", "ModelDataUrl": <this run's artifact>, "ManifestUri": <this run's data
manifest>, "OutputPrefix": "s3://.../"}``.
Writes champion.json and manifest.json (the SageMaker manifest by which the evaluation job gets champion.json and the
artifact) under OutputPrefix; answers Status, Reason, ModelPackageArn, Version and ManifestUri (of manifest.json).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from aws import aws_unavailable, client
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import ConfigDict, Field
from read_object import object_exists, read_object
from rules.champion import FOUND, NONE, NOT_COMPARABLE, UNUSABLE, Champion, contenders, found, in_runs
from rules.data_manifest import SIZE_LIMIT, read_manifest, unfair
from rules.execution import Execution
from rules.json_document import DocumentMissing, DocumentUnreadable
from rules.measured import ModelName
from rules.model_package import MANIFEST, artifact_of, is_of_execution
from rules.s3_uri import S3Uri, parse_s3_uri
from rules.validation import StrictDocument, validated
from rules.wording import shown
from write_document import write_document

logger = Logger()
tracer = Tracer()
metrics = Metrics()


class Payload(StrictDocument):
    model_config = ConfigDict(protected_namespaces=())
    model: ModelName
    model_package_group_name: str = Field(min_length=1, description="a model package group's name")
    model_data_url: str = Field(pattern=r"^s3://", description="the s3:// URI of model.tar.gz")
    manifest_uri: str = Field(pattern=r"^s3://", description="the s3:// URI of this run's data manifest")
    output_prefix: str = Field(pattern=r"^s3://.+/$", description="an s3:// URI that ends with a slash")
    execution: Execution


@logger.inject_lambda_context(correlation_id_path="Execution.Id")
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@aws_unavailable
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    payload = validated(Payload, event)
    output = parse_s3_uri(payload.output_prefix)
    champion = find(payload, output.bucket)
    logger.info("champion", model=payload.model, status=champion.status, model_package_arn=champion.model_package_arn)
    metrics.add_metric("ChampionsFound" if champion.status == FOUND else "ChampionsNotFound", MetricUnit.Count, 1)
    return {
        "Status": champion.status,
        "Reason": champion.document()["reason"],
        "ModelPackageArn": champion.model_package_arn,
        "Version": champion.version,
        "ManifestUri": hand_over(champion, output),
    }


def find(payload: Payload, bucket: str) -> Champion:
    """The champion among the group's versions, and whether this run can and may measure it."""
    for arn in contenders(versions(payload.model_package_group_name)):
        version = client("sagemaker").describe_model_package(ModelPackageName=arn)
        metadata = version.get("CustomerMetadataProperties", {})
        # a model that an earlier run made, and that this one only found again, is not held against itself
        if not is_of_execution(metadata, payload.execution.id) and artifact_of(version) != payload.model_data_url:
            return checked(found(version, bucket), metadata.get(MANIFEST), payload.manifest_uri, bucket)
    return Champion(NONE, f"{payload.model_package_group_name} has no version that is approved or waits for approval")


def versions(group: str) -> Iterator[dict[str, Any]]:
    """What is listed of the group's versions, newest first."""
    pages = (
        client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending")
    )
    for page in pages:
        yield from page["ModelPackageSummaryList"]


def checked(champion: Champion, manifest_uri: str | None, own_manifest_uri: str, bucket: str) -> Champion:
    """``champion``, or what keeps this run from measuring it: no artifact, or data that may hold this test set."""
    if champion.status != FOUND:
        return champion
    artifact = S3Uri(bucket, str(champion.artifact))
    if not object_exists(artifact):
        return replace(champion, status=UNUSABLE, reason=f"its artifact {artifact} is missing", artifact=None)
    own = read_manifest(read_object(parse_s3_uri(own_manifest_uri), SIZE_LIMIT), own_manifest_uri)
    why = why_unfair(own, manifest_uri, bucket)
    return replace(champion, status=NOT_COMPARABLE, reason=why, artifact=None) if why else champion


def why_unfair(own: dict[str, Any], manifest_uri: str | None, bucket: str) -> str | None:
    """Why the champion whose data manifest is at ``manifest_uri`` cannot be compared with; None if it can."""
    place = in_runs(manifest_uri, bucket)
    if place is None:
        return f"its data manifest is not among this bucket's runs: {MANIFEST} is {shown(manifest_uri, 300)}"
    try:
        return unfair(own, read_manifest(read_object(place, SIZE_LIMIT), str(place)))
    except (DocumentMissing, DocumentUnreadable) as error:
        return f"its data manifest cannot be read: {error}"


def hand_over(champion: Champion, output: S3Uri) -> str:
    """Write both documents; returns the URI of the manifest, which names exactly what the evaluation job shall get."""
    told = S3Uri(output.bucket, f"{output.key}champion.json")
    manifest = S3Uri(output.bucket, f"{output.key}manifest.json")
    write_document(told, champion.document())
    artifacts = [champion.artifact] if champion.artifact else []
    write_document(manifest, [{"prefix": f"s3://{output.bucket}/"}, told.key, *artifacts])
    return str(manifest)
