"""Which resource types the local CloudFormation can make, and who makes them.

moto's own models make what they can; the other ``cloudformation_*`` modules complete or replace them. A type that is in
neither is refused when the template arrives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


class ResourceFailed(Exception):
    """A resource could not be made, changed or deleted."""

    def __init__(self, logical_id: str, kind: str, reason: str) -> None:
        super().__init__(f"{logical_id} ({kind}): {reason}")
        self.logical_id = logical_id
        self.reason = reason


@dataclass
class ResourceRequest:
    """One resource of a template, all its functions resolved."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    stack: Any
    declared: dict[str, Any]
    old_properties: dict[str, Any]  # of the resource as it was before an update

    def name(self, name_property: str | None) -> str:
        """The name that the template gives, or one made up of stack, logical id and chance."""
        from moto.cloudformation.parsing import generate_resource_name

        given = self.properties.get(name_property) if name_property else None
        return given or generate_resource_name(self.type, self.stack.name, self.logical_id)


@dataclass
class LocalResource:
    """A resource that is no moto model: what Ref and GetAtt say of it."""

    physical_resource_id: str
    attributes: dict[str, Any] = field(default_factory=dict)
    cf_resource_type: str = ""
    logical_resource_id: str = ""

    def get_cfn_attribute(self, name: str) -> Any:
        if name not in self.attributes:
            known = ", ".join(sorted(self.attributes)) or "none"
            raise ValueError(f"{self.logical_resource_id} has no attribute {name} (it has: {known})")
        return self.attributes[name]

    def is_created(self) -> bool:
        return True


class ResourceType(Protocol):
    """Makes resources of one type; any exception is the reason why the stack failed."""

    def create(self, request: ResourceRequest) -> Any: ...

    def update(self, resource: Any, request: ResourceRequest) -> Any: ...

    def delete(self, resource: Any, request: ResourceRequest) -> None: ...


class MotoType:
    """A type that one of moto's models makes."""

    def __init__(self, aws: LocalAws, model: Any) -> None:
        self._aws = aws
        self._model = model

    def create(self, request: ResourceRequest) -> Any:
        name = request.name(self._name_property())
        resource = self._model.create_from_cloudformation_json(
            name,
            self._document(request),
            self._aws.account_id,
            self._aws.region,
            LogicalId=request.logical_id,
            StackId=request.stack.stack_id,
            ResourceType=request.type,
        )
        resource.made_as = name
        return resource

    def update(self, resource: Any, request: ResourceRequest) -> Any:
        if hasattr(self._model.update_from_cloudformation_json, "__isabstractmethod__"):
            self.delete(resource, request)  # replaced: these have no name of their own that would be taken
            return self.create(request)
        name_property = self._name_property()
        name = request.properties.get(name_property) if name_property else None
        name = name or resource.made_as  # some of moto's models are made anew, and keep their name that way
        updated = self._model.update_from_cloudformation_json(
            original_resource=resource,
            new_resource_name=name,
            cloudformation_json=self._document(request),
            account_id=self._aws.account_id,
            region_name=self._aws.region,
        )
        updated.made_as = name
        return updated

    def delete(self, resource: Any, request: ResourceRequest) -> None:
        request.stack.resource_map._delete_resource(resource, self._document(request))

    def _name_property(self) -> str | None:
        return self._model.cloudformation_name_type() or None

    @staticmethod
    def _document(request: ResourceRequest) -> dict[str, Any]:
        return {"Type": request.type, "Properties": request.properties}


class Catalogue:
    """All known types by name."""

    def __init__(self, aws: LocalAws) -> None:
        from taproom.local import (
            cloudformation_api,
            cloudformation_bucket,
            cloudformation_custom,
            cloudformation_dynamodb,
            cloudformation_iam,
            cloudformation_lambda,
            cloudformation_statemachine,
        )

        self._aws = aws
        self._own: dict[str, ResourceType] = {
            **cloudformation_api.types(aws),
            **cloudformation_bucket.types(aws),
            **cloudformation_dynamodb.types(aws),
            **cloudformation_iam.types(aws),
            **cloudformation_lambda.types(aws),
            **cloudformation_statemachine.types(aws),
        }
        self._custom = cloudformation_custom.CustomResourceType(aws)

    def get(self, kind: str) -> ResourceType | None:
        """Who makes resources of type ``kind``; None when nobody does."""
        from moto.cloudformation.parsing import get_model_map

        if kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource":
            return self._custom
        if kind in self._own:
            return self._own[kind]
        model = get_model_map().get(kind)
        return MotoType(self._aws, model) if model is not None else None

    def __getitem__(self, kind: str) -> ResourceType:
        found = self.get(kind)
        if found is None:
            raise KeyError(f"no resource type {kind}")
        return found
