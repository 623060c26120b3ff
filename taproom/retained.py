"""What a deleted stack left behind, brought back into a new stack of the same name.

A bucket with data, groups with registered models and tables with items are retained: they outlive their stack, and
would keep it from being created again, since their names are taken. CloudFormation can import them: a first change
set, of type IMPORT, makes a stack of them alone, which is then updated to the whole template. (Its
ImportExistingResources would be less work, but knows neither names that a template computes nor model package groups.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from taproom.template_values import Unknown, value_of

ClientFactory = Callable[[str], Any]
POLICIES = ("Retain", "RetainExceptOnCreate")  # of what outlives its stack


@dataclass(frozen=True)
class Retained:
    """A resource of a template that exists. ``declaration``: how the first change set declares it."""

    logical_id: str
    identifier: dict[str, str]
    declaration: dict[str, Any]

    def to_import(self) -> dict[str, Any]:
        """An element of CreateChangeSet's ResourcesToImport."""
        return {
            "ResourceType": self.declaration["Type"],
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": self.identifier,
        }


def retained(
    client_factory: ClientFactory, template: dict[str, Any], stack_name: str, parameters: Mapping[str, str]
) -> list[Retained]:
    """A template's buckets, model package groups and tables that are retained, have a name of their own, and exist."""
    values = _values(client_factory, template, stack_name, parameters)
    found = []
    for logical_id, declared in template["Resources"].items():
        look = KINDS.get(declared["Type"])
        if look is None or declared.get("DeletionPolicy") not in POLICIES:
            continue
        try:
            properties = value_of(declared.get("Properties") or {}, values, template)
        except Unknown:
            continue  # its name is made of something that a template alone does not tell
        if existing := look(client_factory, properties):
            identifier, kept = existing
            policies = {key: "Retain" for key in ("DeletionPolicy", "UpdateReplacePolicy") if key in declared}
            found.append(Retained(logical_id, identifier, {"Type": declared["Type"], **policies, "Properties": kept}))
    return found


def import_template(found: list[Retained]) -> dict[str, Any]:
    """The template of the first change set.

    All in it is Retain, whatever the whole template says: should an import fail, nothing may be taken for made by it.
    """
    return {"Resources": {one.logical_id: one.declaration for one in found}}


Look = Callable[[ClientFactory, dict[str, Any]], tuple[dict[str, str], dict[str, Any]] | None]


def _bucket(client_factory: ClientFactory, properties: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]] | None:
    """Declared by its name alone, so that the update which follows sets all of its configuration."""
    name = properties.get("BucketName")
    if not name:
        return None
    try:
        client_factory("s3").head_bucket(Bucket=name)
    except ClientError:  # none, or somebody else's: creating it will say so
        return None
    return {"BucketName": name}, {"BucketName": name}


def _group(client_factory: ClientFactory, properties: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]] | None:
    """Declared as it is: a group's description cannot be changed, only replaced together with the group."""
    name = properties.get("ModelPackageGroupName")
    if not name:
        return None
    try:
        group = client_factory("sagemaker").describe_model_package_group(ModelPackageGroupName=name)
    except ClientError:
        return None
    return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}, properties


def _table(client_factory: ClientFactory, properties: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]] | None:
    """Declared as it is: a time to live that is set again is an error."""
    name = properties.get("TableName")
    if not name:
        return None
    try:
        client_factory("dynamodb").describe_table(TableName=name)
    except ClientError:  # as for a bucket
        return None
    return {"TableName": name}, properties


KINDS: dict[str, Look] = {
    "AWS::S3::Bucket": _bucket,
    "AWS::SageMaker::ModelPackageGroup": _group,
    "AWS::DynamoDB::Table": _table,
}


def _values(
    client_factory: ClientFactory, template: dict[str, Any], stack_name: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """What Ref can name: parameters and pseudo parameters."""
    declared = template.get("Parameters") or {}
    defaults = {name: str(slot["Default"]) for name, slot in declared.items() if "Default" in slot}
    sts = client_factory("sts")
    identity = sts.get_caller_identity()
    pseudo = {
        "AWS::StackName": stack_name,
        "AWS::AccountId": identity["Account"],
        "AWS::Partition": identity["Arn"].split(":")[1],
        "AWS::Region": sts.meta.region_name,
    }
    return {**defaults, **parameters, **pseudo}
