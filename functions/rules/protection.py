"""What the stack's owner asks of every job: the key that encrypts its disk and its output, and the subnets it runs in.

Nothing of it decides what a job makes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Besides those with a d for disk in their name (m5d, g4dn, p4de): families whose instances bring disks of their own.
# SageMaker refuses a key for these. They are encrypted by their hardware, with keys that end with the instance.
WITH_OWN_DISKS = frozenset(("g5", "g6", "gr6", "p5", "p6", "trn1", "trn2", "dl1"))
FAMILY = re.compile(r"(?P<base>[a-z]+\d+)(?P<attributes>[a-z-]*)")


@dataclass(frozen=True)
class Protection:
    """All are empty where the owner asks nothing."""

    kms_key_arn: str = ""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()

    def volume(self, instance_type: str) -> dict[str, str]:
        """What ResourceConfig or ClusterConfig holds besides."""
        encrypted = self.kms_key_arn and not has_own_disks(instance_type)
        return {"VolumeKmsKeyId": self.kms_key_arn} if encrypted else {}

    def output(self, uri: str) -> dict[str, str]:
        """A training job's OutputDataConfig."""
        return {"S3OutputPath": uri} | ({"KmsKeyId": self.kms_key_arn} if self.kms_key_arn else {})

    def vpc(self) -> dict[str, list[str]] | None:
        """A VpcConfig, or None."""
        if not self.subnets:
            return None
        return {"SecurityGroupIds": list(self.security_groups), "Subnets": list(self.subnets)}

    def network(self) -> dict[str, Any]:
        """A processing job's NetworkConfig."""
        vpc = self.vpc()
        return {"EnableNetworkIsolation": False} | ({} if vpc is None else {"VpcConfig": vpc})


def has_own_disks(instance_type: str) -> bool:
    """Whether an instance type (ml.<family>.<size>) brings disks that SageMaker uses instead of a volume."""
    found = FAMILY.match(instance_type.split(".")[1])
    return found is not None and ("d" in found["attributes"] or found["base"] in WITH_OWN_DISKS)


def protection(kms_key_arn: str, subnet_ids: str, security_group_ids: str) -> Protection:
    """``subnet_ids`` and ``security_group_ids`` are separated by commas, as the template's parameters are."""
    return Protection(kms_key_arn, _listed(subnet_ids), _listed(security_group_ids))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())
