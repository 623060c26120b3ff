"""AWS::DynamoDB::Table, made and changed in place by the local AWS's own API.

moto's own model leaves out the time to live and point-in-time recovery, and to change a table makes a new one without
its items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_api import coerced
from taproom.local.cloudformation_import import only
from taproom.local.cloudformation_types import LocalResource, ResourceRequest, ResourceType

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

# properties that calls of their own set, after the table is there
TIME_TO_LIVE, RECOVERY = "TimeToLiveSpecification", "PointInTimeRecoverySpecification"
IN_PLACE = {"BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled", "SSESpecification"}


def types(aws: LocalAws) -> dict[str, ResourceType]:
    return {"AWS::DynamoDB::Table": _Table(aws)}


@dataclass(frozen=True)
class _Table:
    """A table: Ref is its name. Any other change than of ``IN_PLACE``, TTL, recovery and tags is refused.

    What is taken out of a template is no longer so on AWS: TTL, recovery and tags are ended, the rest is refused.
    """

    aws: LocalAws

    def create(self, request: ResourceRequest) -> LocalResource:
        name = request.name("TableName")
        self._call("create_table", {**_as_the_api_says(request.properties), "TableName": name})
        self._set_the_rest(name, request.properties, {})
        return self._resource(name)

    def adopt(self, request: ResourceRequest, identifier: dict[str, str]) -> LocalResource:
        name = only(identifier, "TableName")
        if request.properties.get("TableName") != name:
            raise ValueError(f"the template names the table {request.properties.get('TableName')}, not {name}")
        return self._resource(name)

    def update(self, resource: LocalResource, request: ResourceRequest) -> LocalResource:
        old, new = request.old_properties, request.properties
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        if other := changed - (IN_PLACE & new.keys()) - {TIME_TO_LIVE, RECOVERY, "Tags"}:
            raise ValueError(f"a table's {', '.join(sorted(other))} cannot be changed in place")
        _refuse_another_attribute(old.get(TIME_TO_LIVE) or {}, new.get(TIME_TO_LIVE) or {})
        name = resource.physical_resource_id
        if arguments := {key: new[key] for key in changed & IN_PLACE}:
            self._call("update_table", {**_as_the_api_says(arguments), "TableName": name})
        if "Tags" in changed:
            self._tag(resource.attributes["Arn"], new.get("Tags", []), old.get("Tags", []))
        self._set_the_rest(name, new, old)
        return self._resource(name)

    def delete(self, resource: LocalResource, request: ResourceRequest) -> None:
        self._call("delete_table", {"TableName": resource.physical_resource_id})

    def _tag(self, arn: str, new: list[dict[str, str]], old: list[dict[str, str]]) -> None:
        if old:
            self._call("untag_resource", {"ResourceArn": arn, "TagKeys": [tag["Key"] for tag in old]})
        if new:
            self._call("tag_resource", {"ResourceArn": arn, "Tags": new})

    def _set_the_rest(self, name: str, new: dict[str, Any], old: dict[str, Any]) -> None:
        for key, method, switch in (
            (TIME_TO_LIVE, "update_time_to_live", "Enabled"),
            (RECOVERY, "update_continuous_backups", "PointInTimeRecoveryEnabled"),
        ):
            before = old.get(key) or {}
            after = new.get(key) or ({**before, switch: False} if before.get(switch) else before)
            if after != before:
                self._call(method, {"TableName": name, key: after})

    def _resource(self, name: str) -> LocalResource:
        table = self._call("describe_table", {"TableName": name})["Table"]
        stream = {"StreamArn": table["LatestStreamArn"]} if "LatestStreamArn" in table else {}
        return LocalResource(name, {"Arn": table["TableArn"], **stream})

    def _call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        client = self.aws.client("dynamodb")
        operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
        return getattr(client, method)(**coerced(operation.input_shape, arguments))


def _refuse_another_attribute(old: dict[str, Any], new: dict[str, Any]) -> None:
    """AWS refuses to move a time to live from one attribute to another; moto does it."""
    if old.get("Enabled") and new.get("AttributeName", old["AttributeName"]) != old["AttributeName"]:
        raise ValueError(
            f"the time to live is on {old['AttributeName']} and cannot be moved to {new['AttributeName']}: disable it "
            "in one deploy, and enable it with the other attribute in the next"
        )


def _as_the_api_says(properties: dict[str, Any]) -> dict[str, Any]:
    """CreateTable's arguments; CloudFormation has names of its own for two of them."""
    given = {key: value for key, value in properties.items() if key not in (TIME_TO_LIVE, RECOVERY)}
    if "StreamSpecification" in given:
        given["StreamSpecification"] = {**given["StreamSpecification"], "StreamEnabled": True}
    if "SSESpecification" in given:
        encryption = dict(given["SSESpecification"])
        given["SSESpecification"] = {"Enabled": encryption.pop("SSEEnabled"), **encryption}
    return given
