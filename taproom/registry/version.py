"""A model version as SageMaker tells of it, and which of a group's versions is the champion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

APPROVED, REJECTED, PENDING = "Approved", "Rejected", "PendingManualApproval"
APPROVED_AT, ROLLED_BACK_AT = "ApprovedAt", "RolledBackAt"  # keys of the customer metadata that decisions leave


@dataclass(frozen=True)
class Summary:
    """What ListModelPackages tells of a version."""

    model: str
    number: int
    arn: str
    approval_status: str
    package_status: str
    created: datetime

    @property
    def name(self) -> str:
        return f"{self.model} version {self.number}"

    @property
    def failed(self) -> bool:
        """Whether SageMaker could not make a usable package of it."""
        return self.package_status in ("Failed", "Deleting")


@dataclass(frozen=True)
class Version(Summary):
    """What DescribeModelPackage tells; texts are empty where it tells nothing."""

    group: str
    description: str
    comment: str  # ApprovalDescription: what whoever decided last left
    image: str
    artifact_uri: str
    evaluation_uri: str
    card: str  # the model card's JSON
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def was_approved(self) -> bool:
        """Whether it is approved, or was once and has not been rolled back since."""
        if self.approval_status == APPROVED:
            return True
        return APPROVED_AT in self.metadata and ROLLED_BACK_AT not in self.metadata


def summary_of(model: str, listed: Mapping[str, Any]) -> Summary:
    return Summary(model, **_common(listed))


def version_of(model: str, described: Mapping[str, Any]) -> Version:
    containers = (described.get("InferenceSpecification") or {}).get("Containers") or [{}]
    statistics = ((described.get("ModelMetrics") or {}).get("ModelQuality") or {}).get("Statistics") or {}
    return Version(
        model,
        **_common(described),
        group=described.get("ModelPackageGroupName", ""),
        description=described.get("ModelPackageDescription", ""),
        comment=described.get("ApprovalDescription") or "",
        image=containers[0].get("Image", ""),
        artifact_uri=containers[0].get("ModelDataUrl", ""),
        evaluation_uri=statistics.get("S3Uri", ""),
        card=(described.get("ModelCard") or {}).get("ModelCardContent", ""),
        metadata=dict(described.get("CustomerMetadataProperties") or {}),
    )


def champion_of(versions: Iterable[Summary]) -> Summary | None:
    """The newest approved version, else the newest that is not rejected: what a new version is compared with."""
    usable = [one for one in versions if not one.failed and one.approval_status != REJECTED]
    approved = [one for one in usable if one.approval_status == APPROVED]
    return max(approved or usable, key=lambda one: one.number, default=None)


def _common(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": told["ModelPackageVersion"],
        "arn": told["ModelPackageArn"],
        "approval_status": told.get("ModelApprovalStatus") or PENDING,
        "package_status": told.get("ModelPackageStatus", ""),
        "created": told["CreationTime"],
    }
