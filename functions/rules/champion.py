"""The champion: the version of a model package group that a new model is held against.

It is the newest Approved version, else the newest that waits for approval. Whether it may be measured on this run's
test set, the two data manifests tell (data_manifest.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.model_package import artifact_of
from rules.naming import RUNS_PREFIX
from rules.s3_uri import NotAnS3Uri, S3Uri, parse_s3_uri
from rules.wording import clipped, printable, shown

SCHEMA_VERSION = 1
FOUND, NONE, NOT_COMPARABLE, UNUSABLE = "found", "none", "not comparable", "unusable"
PREFERENCE = ("Approved", "PendingManualApproval")
BROKEN = ("Failed", "Deleting")
REASON_LIMIT = 500  # characters


@dataclass(frozen=True)
class Champion:
    """What was found. ``version`` and the other facts are None where there is no version."""

    status: str  # one of the four above
    reason: str
    model_package_arn: str | None = None
    version: int | None = None
    approval_status: str | None = None
    artifact: str | None = None  # key of model.tar.gz in the data bucket

    def document(self) -> dict[str, Any]:
        """champion.json, which the evaluation job reads."""
        return {
            "schema_version": SCHEMA_VERSION,
            "status": self.status,
            "reason": clipped(printable(self.reason), REASON_LIMIT),
            "model_package_arn": self.model_package_arn,
            "version": self.version,
            "approval_status": self.approval_status,
            "artifact": self.artifact,
        }


def contenders(summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    """ARNs of the versions that may be champion, the likeliest first, from what ListModelPackages told of a group."""
    versions = [
        one
        for one in summaries
        if one.get("ModelApprovalStatus") in PREFERENCE and one.get("ModelPackageStatus") not in BROKEN
    ]
    versions.sort(key=lambda one: (PREFERENCE.index(one["ModelApprovalStatus"]), -one["ModelPackageVersion"]))
    return [one["ModelPackageArn"] for one in versions]


def found(version: Mapping[str, Any], bucket: str) -> Champion:
    """The champion that DescribeModelPackage told of; "unusable" where its artifact is no object of the runs."""
    url = artifact_of(version)
    facts = {
        "model_package_arn": version["ModelPackageArn"],
        "version": version["ModelPackageVersion"],
        "approval_status": version["ModelApprovalStatus"],
    }
    place = in_runs(url, bucket)
    if place is None:
        return Champion(
            UNUSABLE, f"its artifact {shown(url, 300)} does not lie under s3://{bucket}/{RUNS_PREFIX}", **facts
        )
    return Champion(FOUND, f"version {facts['version']}, {facts['approval_status']}", **facts, artifact=place.key)


def in_runs(uri: Any, bucket: str) -> S3Uri | None:
    """The object that ``uri`` names, if it is one of the data bucket's runs."""
    try:
        place = parse_s3_uri(uri) if isinstance(uri, str) else None
    except NotAnS3Uri:
        return None
    return place if place and place.bucket == bucket and place.key.startswith(RUNS_PREFIX) else None
