"""The AWS images of the jobs and of the endpoint, as the SageMaker SDK knows them in every region.

The template holds their tags and, in its mapping ``ImageAccounts``, the account that keeps them in each region;
a test holds both to what is said here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from sagemaker import image_uris

TENSORFLOW = "2.19"
PYTHON = "py312"
CPU = "ml.m5.xlarge"  # any instance type of the kind: it decides between the cpu and the gpu image
GPU = "ml.g4dn.xlarge"

URI = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<domain>[a-z.]+)/(?P<name>.+)$")


@dataclass(frozen=True)
class Image:
    """An image in a region: the account and domain of its registry, and its repository with tag."""

    account: str
    domain: str
    name: str


@cache
def image(region: str, scope: str, instance_type: str) -> Image:
    """The TensorFlow image of a region; ``scope`` is "training" or "inference"."""
    uri = image_uris.retrieve(
        "tensorflow",
        region,
        version=TENSORFLOW,
        image_scope=scope,
        instance_type=instance_type,
        py_version=PYTHON if scope == "training" else None,
    )
    found = URI.match(uri)
    if not found or found["region"] != region:
        raise ValueError(f"the SageMaker SDK gave {uri!r} for {region}: not an image of that region")
    return Image(found["account"], found["domain"], found["name"])


def regions() -> list[str]:
    """Every region in which both the training and the inference image are kept."""

    def kept(scope: str) -> set[str]:
        versions = image_uris.config_for_framework("tensorflow")[scope]["versions"]
        newest = max((v for v in versions if v.startswith(f"{TENSORFLOW}.")), key=lambda v: int(v.rpartition(".")[2]))
        return set(versions[newest]["registries"])

    return sorted(kept("training") & kept("inference"))


def accounts() -> dict[str, str]:
    """The account that keeps the images, for each region."""
    return {region: image(region, "training", CPU).account for region in regions()}
