"""AWS::IAM::Role, whose policies and trust moto's CloudFormation sets on creation but not on update."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_types import MotoType, ResourceRequest, ResourceType

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


@dataclass(frozen=True)
class RoleType:
    aws: LocalAws
    moto: MotoType

    def create(self, request: ResourceRequest) -> Any:
        return self.moto.create(request)

    def update(self, resource: Any, request: ResourceRequest) -> Any:
        properties = request.properties
        if properties.get("RoleName", resource.name) != resource.name:
            created = self.create(request)
            self.delete(resource, request)
            return created
        iam = self.aws.client("iam")
        trust = properties["AssumeRolePolicyDocument"]
        iam.update_assume_role_policy(
            RoleName=resource.name, PolicyDocument=trust if isinstance(trust, str) else json.dumps(trust)
        )
        wanted = {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])}
        for policy in iam.list_role_policies(RoleName=resource.name)["PolicyNames"]:
            if policy not in wanted:
                iam.delete_role_policy(RoleName=resource.name, PolicyName=policy)
        for name, document in wanted.items():
            resource.put_policy(name, document)
        return resource

    def delete(self, resource: Any, request: ResourceRequest) -> None:
        self.moto.delete(resource, request)


def types(aws: LocalAws) -> dict[str, ResourceType]:
    from moto.iam.models import Role

    return {"AWS::IAM::Role": RoleType(aws, MotoType(aws, Role))}
