"""Whether the images that the jobs run in are there to be pulled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from taproom.doctor.finding import DEPLOY, FAIL, NOT_CHECKED, OK, Finding
from taproom.doctor.site import Site
from taproom.faults import DENIED, error_code

URI = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+/(?P<repository>[^:@]+):(?P<tag>[\w.-]+)")
NOT_THERE = ("RepositoryNotFoundException", "ImageNotFoundException")
OTHER = "choose a region that has it, or a version of the template with other images"


def check(site: Site) -> Iterator[Finding]:
    uses: dict[str, list[str]] = {}  # by image: jobs may share one
    for use, uri in images(site).items():
        uses.setdefault(uri, []).append(use)
    for uri, shared in uses.items():
        use = " and ".join(shared)
        found = URI.fullmatch(uri)
        if not found:
            yield Finding("images", FAIL, f"the {use} image is {uri or 'not named'}", DEPLOY)
        elif not site.at_aws:
            told = f"{uri}: {site.account.endpoint_url} is not AWS, and pulls no images"
            yield Finding("images", NOT_CHECKED, told)
        else:
            yield _pulled(site.client("ecr"), use, uri, found)


def images(site: Site) -> dict[str, str]:
    """The images by their use, as the functions name them; "" for one that they do not name."""
    prepare, register = site.environment("Prepare"), site.environment("RegisterModel")
    family = str(site.parameters["TrainingInstanceType"]).removeprefix("ml.")
    training = "TRAINING_IMAGE_GPU" if family[:1] in ("g", "p") else "TRAINING_IMAGE_CPU"
    return {
        "processing": prepare.get("PROCESSING_IMAGE", ""),
        "training": prepare.get(training, ""),
        "serving": register.get("SERVING_IMAGE", ""),
    }


def _pulled(ecr: Any, use: str, uri: str, found: re.Match[str]) -> Finding:
    try:
        answer = ecr.batch_get_image(
            registryId=found["account"], repositoryName=found["repository"], imageIds=[{"imageTag": found["tag"]}]
        )
    except ClientError as error:
        if error_code(error) in DENIED:
            return Finding("images", NOT_CHECKED, f"{uri}: you may not ask for it (ecr:BatchGetImage); jobs may")
        if error_code(error) not in NOT_THERE:
            raise
        answer = {}
    if answer.get("images"):
        return Finding("images", OK, f"the {use} image {uri} is there")
    return Finding("images", FAIL, f"the {use} image {uri} is not there", OTHER)
