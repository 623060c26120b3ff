"""AWS::IAM::Role: moto sets policies, trust and boundary on creation only, and managed policies never."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.managed import know
from taproom.local.cloudformation_types import MotoType, ResourceRequest, ResourceType

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


@dataclass(frozen=True)
class RoleType:
    aws: LocalAws
    moto: MotoType

    def create(self, request: ResourceRequest) -> Any:
        role = self.moto.create(request)
        self._attach(role, request.properties)
        return role

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
        if boundary := properties.get("PermissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=resource.name, PermissionsBoundary=boundary)
        elif request.old_properties.get("PermissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=resource.name)
        self._attach(resource, properties)
        return resource

    def delete(self, resource: Any, request: ResourceRequest) -> None:
        self._attach(resource, {})
        self.moto.delete(resource, request)

    def _attach(self, role: Any, properties: dict[str, Any]) -> None:
        """Have a role have the managed policies that its properties name, and no others: moto leaves them out."""
        iam, wanted = self.aws.client("iam"), properties.get("ManagedPolicyArns", [])
        for arn in [*role.managed_policies]:
            if arn not in wanted:
                iam.detach_role_policy(RoleName=role.name, PolicyArn=arn)
        for arn in wanted:
            if arn not in role.managed_policies:
                know(self.aws, arn)
                iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)


def types(aws: LocalAws) -> dict[str, ResourceType]:
    from moto.iam.models import Role

    return {"AWS::IAM::Role": RoleType(aws, MotoType(aws, Role))}
