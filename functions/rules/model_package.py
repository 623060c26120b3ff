"""A model version: the CreateModelPackage request, and how an execution's own version is known again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from rules.execution import Execution
from rules.measured import MEASURED, ModelName
from rules.naming import RUNS_PREFIX, execution_slug
from rules.report_uri import report_uri
from rules.s3_uri import parse_s3_uri
from rules.validation import StrictDocument
from rules.wording import clipped, printable

VALUE_LIMIT = 256  # characters of a metadata value
KEY_LIMIT = 128
DESCRIPTION_LIMIT = 1_024
MOST_METRICS = 30  # of the 50 entries that a version's metadata may have
EXECUTION = "ExecutionArn"
MODEL = "Model"
MANIFEST = "ManifestUri"
NO_PARENT = "none"
REALTIME_INSTANCE_TYPES = ["ml.m5.large", "ml.m5.xlarge", "ml.c5.large", "ml.c5.xlarge", "ml.c5.2xlarge"]
TRANSFORM_INSTANCE_TYPES = ["ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.xlarge", "ml.c5.2xlarge"]
# SageMaker allows letters, separators, numbers and these signs
ILLEGAL = re.compile(r"[^\w .:/=+\-@]")


class NotPassed(ValueError):
    """A model that the gate did not let through is asked to be registered."""


class ReviewsUsed(StrictDocument):
    """What Prepare told of the reviews."""

    model_config = ConfigDict(extra="ignore")
    count: int = Field(description="a whole number of files")
    digest: str = Field(min_length=1, description="the reviews' digest")
    manifest_uri: str | None = Field(None, description="an s3:// URI")


class CodeUsed(StrictDocument):
    """What Prepare told of the job scripts."""

    model_config = ConfigDict(extra="ignore")
    digest: str = Field(min_length=1, description="the code's digest")


class Registration(StrictDocument):
    """What RegisterModel is asked to do."""

    model_config = ConfigDict(protected_namespaces=())
    model: ModelName
    model_package_group_name: str = Field(min_length=1, description="a model package group's name")
    model_data_url: str = Field(pattern=r"^s3://", description="the s3:// URI of model.tar.gz")
    evaluation_uri: str = Field(pattern=r"^s3://", description="the s3:// URI of evaluation.json")
    gate_uri: str = Field(pattern=r"^s3://", description="the s3:// URI of gate.json")
    manifest_uri: str = Field(pattern=r"^s3://", description="the s3:// URI of the data manifest")
    metrics: dict[str, float] = Field(description="an object of finite numbers")
    parameters: dict[str, Any] = Field(description="the execution's parameters")
    parent_version: str | None = Field(description="the champion's ARN, or null")
    execution: Execution
    reviews: ReviewsUsed
    code: CodeUsed
    model_approval_status: Literal["PendingManualApproval", "Approved", "Rejected"] = Field(
        description='"PendingManualApproval", "Approved" or "Rejected"'
    )

    def is_of_this_execution(self, metadata: Mapping[str, str]) -> bool:
        """Whether a version's CustomerMetadataProperties say that this execution registered it for this model."""
        return is_of_execution(metadata, self.execution.id) and metadata.get(MODEL) == legal_value(self.model)

    def is_version(self, version: Mapping[str, Any]) -> bool:
        """Whether what DescribeModelPackage told is a version for this: of this execution, or of this very artifact."""
        metadata = version.get("CustomerMetadataProperties", {})
        same_artifact = artifact_of(version) == self.model_data_url and metadata.get(MODEL) == legal_value(self.model)
        return version.get("ModelPackageStatus") != "Failed" and (same_artifact or self.is_of_this_execution(metadata))

    def no_version_before(self) -> datetime | None:
        """When the first version for this can have been made; None where that may be ever so long ago.

        A model that this execution trained lies in its own folder. One that lies elsewhere was made by an earlier run,
        which may have registered it.
        """
        if self.execution.start_time is None or f"/{self.folder()}" not in self.model_data_url:
            return None
        return datetime.fromisoformat(self.execution.start_time)

    def folder(self) -> str:
        """The key prefix of all that the execution makes."""
        return f"{RUNS_PREFIX}{execution_slug(self.execution.name, self.execution.id)}/"

    def report_uri(self) -> str:
        """Of the run's report, which is not there yet: the execution has not ended."""
        return report_uri(f"s3://{parse_s3_uri(self.gate_uri).bucket}/{self.folder()}")


@dataclass(frozen=True)
class Evidence:
    """What the request tells of the run's documents: SHA-256 digests in hexadecimal digits, and the model card."""

    evaluation_digest: str
    manifest_digest: str
    card: str


def is_of_execution(metadata: Mapping[str, str], execution: str) -> bool:
    """Whether a version's CustomerMetadataProperties name the ``execution`` (an ARN) as the one that registered it."""
    return metadata.get(EXECUTION) == legal_value(execution)


def artifact_of(version: Mapping[str, Any]) -> Any:
    """The URI of the model.tar.gz of what DescribeModelPackage told; None where there is none."""
    containers = version.get("InferenceSpecification", {}).get("Containers") or [{}]
    return containers[0].get("ModelDataUrl")


def create_request(registration: Registration, evidence: Evidence, serving_image: str) -> dict[str, Any]:
    """The CreateModelPackage request.

    The container needs no environment: TensorFlow Serving in SageMaker's image takes the numbered folder that it finds
    in model.tar.gz, and its serving_default.
    """
    container = {"Image": serving_image, "ModelDataUrl": registration.model_data_url}
    evaluation = {
        "ContentType": "application/json",
        "ContentDigest": f"sha256:{evidence.evaluation_digest}",
        "S3Uri": registration.evaluation_uri,
    }
    return {
        "ModelPackageGroupName": registration.model_package_group_name,
        "ModelPackageDescription": description(registration),
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": REALTIME_INSTANCE_TYPES,
            "SupportedTransformInstanceTypes": TRANSFORM_INSTANCE_TYPES,
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": evaluation}},
        "ModelCard": {"ModelCardContent": evidence.card, "ModelCardStatus": "PendingReview"},
        "CustomerMetadataProperties": metadata(registration, evidence.manifest_digest),
        "ModelApprovalStatus": registration.model_approval_status,
        "ClientToken": client_token(registration),
    }


def description(registration: Registration) -> str:
    """One sentence for the reviewer."""
    measured, metrics = MEASURED[registration.model], registration.metrics
    main, baseline = measured.main, f"{measured.to_beat}_{measured.main}"
    k = registration.parameters.get("ReturnRecommendationsNumber", "k")
    called = {"accuracy": f"top-{k} accuracy", "rmse": "RMSE"}[main]
    told = f" with {called} {metrics[main]:.4f}" if main in metrics else ""
    if told and baseline in metrics:
        told += f" ({measured.to_beat} alone: {metrics[baseline]:.4f})"
    files = "1 reviews file" if registration.reviews.count == 1 else f"{registration.reviews.count} reviews files"
    sentence = f"{registration.model.capitalize()} model{told}, trained on {files} by {registration.execution.name}."
    return clipped(printable(sentence), DESCRIPTION_LIMIT)


def metadata(registration: Registration, manifest_digest: str) -> dict[str, str]:
    """CustomerMetadataProperties: where the version comes from, and each metric under a key of its own."""
    told = {
        EXECUTION: registration.execution.id,
        MODEL: registration.model,
        MANIFEST: registration.manifest_uri,
        "ManifestDigest": manifest_digest,
        "GateUri": registration.gate_uri,
        "ReportUri": registration.report_uri(),
        "ReviewsDigest": registration.reviews.digest,
        "ReviewsCount": str(registration.reviews.count),
        "CodeDigest": registration.code.digest,
        "ParentVersion": registration.parent_version or NO_PARENT,
    }
    own = MEASURED[registration.model].sections
    metrics = sorted(registration.metrics.items(), key=lambda metric: metric[0] not in own)[:MOST_METRICS]
    told |= {f"Metric.{name}": repr(value) for name, value in metrics}
    return {legal_key(name): legal_value(value) for name, value in told.items()}


def client_token(registration: Registration) -> str:
    """The same for every try of one execution and model, so that AWS makes one version of them."""
    asked = f"{registration.execution.id}\n{registration.model}"
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def legal_value(text: str) -> str:
    """``text`` in the characters and length that SageMaker allows; what had to be changed ends with its hash."""
    return _legal(text, VALUE_LIMIT)


def legal_key(text: str) -> str:
    return _legal(text, KEY_LIMIT)


def _legal(text: str, limit: int) -> str:
    plain = ILLEGAL.sub("_", text)
    if plain == text and 0 < len(text) <= limit:
        return text
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain[: limit - 13]}-{mark}"
