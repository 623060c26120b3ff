"""AWS's managed policies, known to IAM once somebody names them: moto has all as one text, which takes long to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def know(aws: LocalAws, arn: str) -> None:
    """Have IAM know a policy by its ARN; of one that AWS does not have, nothing comes."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy, iam_backends

    _, partition, _, _, owner, resource = arn.split(":", 5)
    backend, name = iam_backends[aws.account_id][partition], resource.rpartition("/")[2]
    head = f'"{name}":'
    at = aws_managed_policies_data.find(head + "{")
    if owner != "aws" or arn in backend.managed_policies or at < 0:
        return
    described, _ = json.JSONDecoder().raw_decode(aws_managed_policies_data, at + len(head))
    if "Document" in described:
        policy = AWSManagedPolicy.from_data(name, aws.account_id, aws.region, described)
        backend.managed_policies[policy.arn] = policy
        backend.aws_managed_policies.append(policy)
