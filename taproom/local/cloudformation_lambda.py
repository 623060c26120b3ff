"""Lambda's resource types: functions with all their properties, layers, versions, and the aliases, which moto lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_types import LocalResource, MotoType, ResourceRequest, ResourceType

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

KNOWN = {
    "Architectures",
    "Code",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
}


@dataclass(frozen=True)
class FunctionType:
    """A function from a zip on S3 (or a few lines in the template)."""

    aws: LocalAws
    moto: MotoType

    def create(self, request: ResourceRequest) -> Any:
        function = self.moto.create(self._checked(request))
        self._complete(function, request.properties)
        return function

    def update(self, resource: Any, request: ResourceRequest) -> Any:
        properties = self._checked(request).properties
        if properties.get("FunctionName", resource.function_name) != resource.function_name:
            created = self.create(request)
            self.delete(resource, request)
            return created
        resource.update_configuration({"Environment": {"Variables": {}}, **properties})
        if properties["Code"] != request.old_properties.get("Code"):
            resource.update_function_code(properties["Code"])
        self._complete(resource, properties)
        return resource

    def delete(self, resource: Any, request: ResourceRequest) -> None:
        self.moto.delete(resource, request)

    @staticmethod
    def _checked(request: ResourceRequest) -> ResourceRequest:
        if unknown := sorted(set(request.properties) - KNOWN):
            raise ValueError(f"the local AWS does not know the function property {', '.join(unknown)}")
        for number in ("Timeout", "MemorySize"):
            if number in request.properties:
                request.properties[number] = int(request.properties[number])
        return request

    @staticmethod
    def _complete(function: Any, properties: dict[str, Any]) -> None:
        function.layers = function._get_layers_data(properties.get("Layers", []))
        function.tracing_config = properties.get("TracingConfig", {"Mode": "PassThrough"})
        function.architectures = properties.get("Architectures", ["x86_64"])
        logging = properties.get("LoggingConfig", {})
        function.log_format = logging.get("LogFormat", "Text")
        function.logs_group_name = logging.get("LogGroup", f"/aws/lambda/{function.function_name}")
        function.tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


@dataclass(frozen=True)
class LayerVersionType:
    """A layer's version: Ref is its ARN. Whatever is changed makes another version."""

    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        name = request.name("LayerName")
        layer = self.aws.client("lambda").publish_layer_version(**{**request.properties, "LayerName": name})
        arn = layer["LayerVersionArn"]
        return LocalResource(arn, {"LayerVersionArn": arn})

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        created = self.create(request)
        if request.declared.get("UpdateReplacePolicy") != "Retain":
            self.delete(resource, request)
        return created

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        layer, _, version = resource.physical_resource_id.rpartition(":")
        self.aws.client("lambda").delete_layer_version(LayerName=layer, VersionNumber=int(version))


@dataclass(frozen=True)
class VersionType:
    """A published version: Ref is its ARN."""

    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        client = self.aws.client("lambda")
        published = client.publish_version(FunctionName=request.properties["FunctionName"])
        return LocalResource(published["FunctionArn"], {"Version": published["Version"]})

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        return self.create(request)

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        self.aws.client("lambda").delete_function(FunctionName=resource.physical_resource_id)


@dataclass(frozen=True)
class AliasType:
    """A name for a version: Ref is the alias's ARN."""

    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        alias = self.aws.client("lambda").create_alias(**request.properties)
        return LocalResource(alias["AliasArn"], {"AliasArn": alias["AliasArn"]})

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        old, new = request.old_properties, request.properties
        if (old["FunctionName"], old["Name"]) != (new["FunctionName"], new["Name"]):
            return self.create(request)
        self.aws.client("lambda").update_alias(**new)
        return resource

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        client = self.aws.client("lambda")
        client.delete_alias(FunctionName=request.properties["FunctionName"], Name=request.properties["Name"])


@dataclass(frozen=True)
class PermissionType:
    """Who may invoke a function."""

    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        name = request.name(None)
        self.aws.client("lambda").add_permission(StatementId=name, **request.properties)
        return LocalResource(name)

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        return self.create(request)

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        """Nothing: the statement goes with its function."""


@dataclass(frozen=True)
class EventInvokeConfigType:
    """What happens to invocations that nobody waits for and that fail."""

    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        properties = {name: value for name, value in request.properties.items() if name != "Qualifier"}
        for number in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts"):
            if number in properties:
                properties[number] = int(properties[number])
        self.aws.client("lambda").put_function_event_invoke_config(**properties)
        return LocalResource(request.name(None))

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        self._end(request.old_properties)  # moto keeps the first one it is given
        return self.create(request)

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        self._end(request.properties)

    def _end(self, properties: dict[str, Any]) -> None:
        client = self.aws.client("lambda")
        client.delete_function_event_invoke_config(FunctionName=properties["FunctionName"])


def types(aws: LocalAws) -> dict[str, ResourceType]:
    from moto.awslambda.models import LambdaFunction

    return {
        "AWS::Lambda::Function": FunctionType(aws, MotoType(aws, LambdaFunction)),
        "AWS::Lambda::LayerVersion": LayerVersionType(aws),
        "AWS::Lambda::Version": VersionType(aws),
        "AWS::Lambda::Alias": AliasType(aws),
        "AWS::Lambda::EventInvokeConfig": EventInvokeConfigType(aws),
        "AWS::Lambda::Permission": PermissionType(aws),
    }
