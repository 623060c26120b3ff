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
        for name, document in role.policies.items():  # GetRolePolicy answers with the text
            role.put_policy(name, as_text(document))
        self._attach(role, request.properties, [])
        return role

    def update(self, resource: Any, request: ResourceRequest) -> Any:
        properties = request.properties
        if properties.get("RoleName", resource.name) != resource.name:
            created = self.create(request)
            self.delete(resource, request)
            return created
        iam = self.aws.client("iam")
        trust = properties["AssumeRolePolicyDocument"]
        iam.update_assume_role_policy(RoleName=resource.name, PolicyDocument=as_text(trust))
        wanted = {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])}
        for policy in request.old_properties.get("Policies", []):  # others are of AWS::IAM::Policy, and stay
            if policy["PolicyName"] not in wanted:
                iam.delete_role_policy(RoleName=resource.name, PolicyName=policy["PolicyName"])
        for name, document in wanted.items():
            resource.put_policy(name, as_text(document))
        if boundary := properties.get("PermissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=resource.name, PermissionsBoundary=boundary)
        elif request.old_properties.get("PermissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=resource.name)
        self._attach(resource, properties, request.old_properties.get("ManagedPolicyArns", []))
        return resource

    def delete(self, resource: Any, request: ResourceRequest) -> None:
        self._attach(resource, {}, [*resource.managed_policies])
        self.moto.delete(resource, request)

    def _attach(self, role: Any, properties: dict[str, Any], before: list[str]) -> None:
        """Attach the managed policies that a role's properties name, and detach others that they named before."""
        iam, wanted = self.aws.client("iam"), properties.get("ManagedPolicyArns", [])
        for arn in before:
            if arn not in wanted and arn in role.managed_policies:
                iam.detach_role_policy(RoleName=role.name, PolicyArn=arn)
        for arn in wanted:
            if arn not in role.managed_policies:
                know(self.aws, arn)
                iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)


def as_text(document: Any) -> str:
    """A policy document as IAM keeps it."""
    return document if isinstance(document, str) else json.dumps(document)


def types(aws: LocalAws) -> dict[str, ResourceType]:
    from moto.iam.models import Role

    return {"AWS::IAM::Role": RoleType(aws, MotoType(aws, Role))}
