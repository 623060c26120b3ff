"""Whether the model package groups are there, which versions are registered in."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from taproom.doctor.finding import FAIL, OK, Finding
from taproom.doctor.site import Site
from taproom.faults import DENIED, error_code


def check(site: Site) -> Iterator[Finding]:
    groups = [site.outputs[f"{model}ModelPackageGroupName"] for model in ("Retrieval", "Ranking")]
    gone = []
    for group in groups:
        try:
            site.client("sagemaker").describe_model_package_group(ModelPackageGroupName=group)
        except ClientError as error:
            if error_code(error) in DENIED or "does not exist" not in str(error):
                raise
            gone.append(group)
    for group in gone:
        what_now = f"aws sagemaker create-model-package-group --model-package-group-name {group}"
        yield Finding("registry", FAIL, f"the model package group {group} is not there", what_now)
    if not gone:
        yield Finding("registry", OK, f"{' and '.join(groups)} are there")
