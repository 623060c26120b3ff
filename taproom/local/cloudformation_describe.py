"""What CloudFormation tells of stacks, templates and change sets, where moto tells too little for the tools that ask.

The SAM CLI and the AWS CLI read these to know what to ask for, what to delete and what to show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

NAMED = {  # the property by which an IAM resource has a name of its own, which asks for a capability of its own
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
CONSTRAINTS = ("AllowedValues", "AllowedPattern", "ConstraintDescription")
NUMBERS = ("MinLength", "MaxLength", "MinValue", "MaxValue")


def install(aws: LocalAws) -> None:
    from moto.cloudformation.exceptions import ValidationError
    from moto.cloudformation.responses import CloudFormationResponse
    from moto.core.responses import ActionResult

    def list_change_sets(self: Any) -> Any:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        return ActionResult({"Summaries": active(self.cloudformation_backend.change_sets.values(), stack)})

    def list_stack_resources(self: Any) -> Any:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        return ActionResult({"StackResourceSummaries": [summary_of(stack, one) for one in resources_of(stack)]})

    def describe_stack_resource(self: Any) -> Any:
        name, wanted = self._get_param("StackName"), self._get_param("LogicalResourceId")
        stack = self.cloudformation_backend.get_stack(name)
        for one in resources_of(stack):
            if one.logical_resource_id == wanted:
                return ActionResult({"StackResourceDetail": detail_of(stack, one)})
        raise ValidationError(message=f"Resource {wanted} does not exist for stack {name}")

    def describe_stack_resources(self: Any) -> Any:
        name, physical = self._get_param("StackName"), self._get_param("PhysicalResourceId")
        if name is not None:
            stack = self.cloudformation_backend.get_stack(name)
        elif physical is not None:
            stack = stack_with(self.cloudformation_backend, physical)
        else:
            raise ValidationError(message="one of StackName and PhysicalResourceId is needed")
        wanted = self._get_param("LogicalResourceId")
        chosen = [one for one in resources_of(stack) if wanted in (None, one.logical_resource_id)]
        return ActionResult({"StackResources": [described(stack, one) for one in chosen]})

    def get_template(self: Any) -> Any:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        processed = self._get_param("TemplateStage") == "Processed"
        body = json.dumps(stack.template_dict, default=str) if processed else stack.template
        return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})

    def get_template_summary(self: Any) -> Any:
        from taproom.local.cloudformation import parsed

        text = self._get_param("TemplateBody")
        if name := self._get_param("StackName"):
            stack = self.cloudformation_backend.get_stack(name)
            if stack.status == "REVIEW_IN_PROGRESS":
                return original_summary(self)  # which complains of it
            text = stack.template
        elif url := self._get_param("TemplateURL"):
            text = self._get_stack_from_s3_url(url)
        return ActionResult(template_summary(parsed(text)))

    aws.patch(CloudFormationResponse, "list_change_sets", list_change_sets)
    aws.patch(CloudFormationResponse, "list_stack_resources", list_stack_resources)
    aws.patch(CloudFormationResponse, "describe_stack_resource", describe_stack_resource)
    aws.patch(CloudFormationResponse, "describe_stack_resources", describe_stack_resources)
    aws.patch(CloudFormationResponse, "get_template", get_template)
    original_summary = aws.patch(CloudFormationResponse, "get_template_summary", get_template_summary)


def active(change_sets: Iterable[Any], stack: Any) -> list[Any]:
    """The stack's change sets that have not been executed."""
    return [one for one in change_sets if one.stack_id == stack.stack_id and one.execution_status != "EXECUTE_COMPLETE"]


def resources_of(stack: Any) -> list[Any]:
    return [one for one in stack.stack_resources if one is not None]


def summary_of(stack: Any, resource: Any) -> dict[str, Any]:
    """A resource as ListStackResources has it: with its own last status, not the stack's."""
    event = last_event(stack, resource.logical_resource_id)
    return {
        "LogicalResourceId": resource.logical_resource_id,
        "PhysicalResourceId": resource.physical_resource_id,
        "ResourceType": resource.cf_resource_type,
        "ResourceStatus": event.resource_status if event else "CREATE_COMPLETE",
        "LastUpdatedTimestamp": event.timestamp if event else stack.creation_time,
    }


def described(stack: Any, resource: Any) -> dict[str, Any]:
    """A resource as DescribeStackResources has it."""
    summary = summary_of(stack, resource)
    when = summary.pop("LastUpdatedTimestamp")
    return {**summary, "Timestamp": when, "StackId": stack.stack_id, "StackName": stack.name}


def detail_of(stack: Any, resource: Any) -> dict[str, Any]:
    """A resource as DescribeStackResource has it. Metadata are the template's, as JSON."""
    declared = stack.template_dict.get("Resources", {}).get(resource.logical_resource_id, {})
    metadata = json.dumps(declared.get("Metadata", {}), default=str)
    own = {"StackId": stack.stack_id, "StackName": stack.name, "Metadata": metadata}
    return {**summary_of(stack, resource), **own}


def stack_with(backend: Any, physical_id: str) -> Any:
    """The stack that has a resource. Raises ValidationError in AWS's words where none has it."""
    from moto.cloudformation.exceptions import ValidationError

    for stack in backend.stacks.values():
        if any(one.physical_resource_id == physical_id for one in resources_of(stack)):
            return stack
    raise ValidationError(message=f"Stack for {physical_id} does not exist")


def last_event(stack: Any, logical_id: str) -> Any:
    return next((one for one in reversed(stack.events) if one.logical_resource_id == logical_id), None)


def template_summary(template: dict[str, Any]) -> dict[str, Any]:
    """GetTemplateSummary of a template as it was written, its Transform not applied."""
    resources = (template.get("Resources") or {}).values()
    capabilities, reason = capabilities_of(template)
    summary = {
        "Description": template.get("Description"),
        "Version": template.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(template["Metadata"], default=str) if "Metadata" in template else None,
        "Parameters": [parameter(name, slot) for name, slot in (template.get("Parameters") or {}).items()],
        "ResourceTypes": sorted({one["Type"] for one in resources}),
        "DeclaredTransforms": transforms_of(template),
        "Capabilities": capabilities,
        "CapabilitiesReason": reason,
    }
    return {key: str(value) if key == "Version" else value for key, value in summary.items() if value is not None}


def parameter(name: str, slot: dict[str, Any]) -> dict[str, Any]:
    constraints = {
        key: [str(one) for one in value] if isinstance(value, list) else str(value)
        for key, value in slot.items()
        if key in CONSTRAINTS + NUMBERS
    }
    made = {
        "ParameterKey": name,
        "ParameterType": slot.get("Type", "String"),
        "NoEcho": str(slot.get("NoEcho", False)).lower() == "true",
        "Description": slot.get("Description"),
        "DefaultValue": None if slot.get("Default") is None else str(slot["Default"]),
        "ParameterConstraints": constraints,
    }
    return {key: value for key, value in made.items() if value is not None}


def transforms_of(template: dict[str, Any]) -> list[str]:
    given = template.get("Transform") or []
    return [given] if isinstance(given, str) else list(given)


def capabilities_of(template: dict[str, Any]) -> tuple[list[str], str | None]:
    """Which capabilities a caller has to acknowledge, and because of what."""
    iam = {
        name: one
        for name, one in (template.get("Resources") or {}).items()
        if one["Type"].startswith("AWS::IAM::") or one["Type"].startswith("AWS::Serverless::")
    }
    named = any(NAMED.get(one["Type"]) in (one.get("Properties") or {}) for one in iam.values())
    capabilities = [] if not iam else ["CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"]
    if transforms_of(template):
        capabilities.append("CAPABILITY_AUTO_EXPAND")
    kinds = sorted({one["Type"] for one in iam.values()})
    reason = f"The following resource(s) require capabilities: [{', '.join(kinds)}]" if iam else None
    return capabilities, reason
