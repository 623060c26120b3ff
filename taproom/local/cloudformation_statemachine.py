"""AWS::StepFunctions::StateMachine: the definition from S3, its substitutions, logging, tracing and type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_types import LocalResource, ResourceRequest, ResourceType

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


@dataclass(frozen=True)
class StateMachineType:
    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        name = request.name("StateMachineName")
        properties = request.properties
        arguments = {
            "name": name,
            "definition": definition_of(self.aws, properties),
            "roleArn": properties["RoleArn"],
            "type": properties.get("StateMachineType", "STANDARD"),
            "tags": [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags", [])],
            **self._configuration(properties),
        }
        arn = self.aws.client("stepfunctions").create_state_machine(**arguments)["stateMachineArn"]
        return LocalResource(arn, {"Arn": arn, "Name": name, "StateMachineRevisionId": "INITIAL"})

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        properties, old = request.properties, request.old_properties
        renamed = properties.get("StateMachineName", resource.attributes["Name"]) != resource.attributes["Name"]
        if renamed or properties.get("StateMachineType") != old.get("StateMachineType"):
            created = self.create(request)
            self.delete(resource, request)
            return created
        self.aws.client("stepfunctions").update_state_machine(
            stateMachineArn=resource.physical_resource_id,
            definition=definition_of(self.aws, properties),
            roleArn=properties["RoleArn"],
            **self._configuration(properties),
        )
        return resource

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        self.aws.client("stepfunctions").delete_state_machine(stateMachineArn=resource.physical_resource_id)

    @staticmethod
    def _configuration(properties: dict[str, Any]) -> dict[str, Any]:
        made = {}
        if "LoggingConfiguration" in properties:
            made["loggingConfiguration"] = lower_keys(properties["LoggingConfiguration"])
        if "TracingConfiguration" in properties:
            made["tracingConfiguration"] = lower_keys(properties["TracingConfiguration"])
        return made


def definition_of(aws: LocalAws, properties: dict[str, Any]) -> str:
    """The definition's text as it was written, its ``${Name}`` substitutions apart."""
    if "DefinitionS3Location" in properties:
        location = properties["DefinitionS3Location"]
        version = {"VersionId": location["Version"]} if "Version" in location else {}
        found = aws.client("s3").get_object(Bucket=location["Bucket"], Key=location["Key"], **version)
        text = found["Body"].read().decode("utf-8")
    elif "DefinitionString" in properties:
        text = properties["DefinitionString"]
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"])
    else:
        raise ValueError("a state machine needs DefinitionS3Location, DefinitionString or Definition")
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        written = str(value).lower() if isinstance(value, bool) else str(value)
        text = text.replace(f"${{{name}}}", written)
    return text


def lower_keys(node: Any) -> Any:
    """CloudFormation's words in the API's case: ``LogGroupArn`` is ``logGroupArn``."""
    if isinstance(node, list):
        return [lower_keys(item) for item in node]
    if isinstance(node, dict):
        return {key[0].lower() + key[1:]: lower_keys(value) for key, value in node.items()}
    return node.lower() == "true" if node in ("true", "false", "True", "False") else node


def types(aws: LocalAws) -> dict[str, ResourceType]:
    return {"AWS::StepFunctions::StateMachine": StateMachineType(aws)}
