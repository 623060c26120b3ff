"""AWS::S3::Bucket with the properties that moto's CloudFormation drops, set through the S3 API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_import import only
from taproom.local.cloudformation_types import ResourceRequest, ResourceType

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

# Property -> who sets it; a property that is in neither list fails the stack.
IGNORED = {"AccelerateConfiguration", "AnalyticsConfigurations", "InventoryConfigurations", "MetricsConfigurations"}


@dataclass(frozen=True)
class BucketType:
    aws: LocalAws

    def create(self, request: ResourceRequest) -> Any:
        name = request.name("BucketName")
        if self._exists(name):  # CreateBucket itself says nothing when the bucket is the caller's own
            raise ValueError(f"{name} already exists")
        arguments: dict[str, Any] = {"Bucket": name}
        if request.properties.get("ObjectLockEnabled"):
            arguments["ObjectLockEnabledForBucket"] = True
        self.aws.client("s3").create_bucket(**arguments)
        self._configure(name, request.properties)
        return self._bucket(name)

    def adopt(self, request: ResourceRequest, identifier: dict[str, str]) -> Any:
        name = only(identifier, "BucketName")
        if not self._exists(name):
            raise ValueError(f"the bucket {name} does not exist")
        if request.properties.get("BucketName", name) != name:
            raise ValueError(f"the template names the bucket {request.properties['BucketName']}, not {name}")
        return self._bucket(name)

    def update(self, resource: Any, request: ResourceRequest) -> Any:
        wanted = request.properties.get("BucketName", resource.name)
        if wanted != resource.name:
            created = self.create(request)
            self.delete(resource, request)
            return created
        self._configure(resource.name, request.properties)
        return resource

    def delete(self, resource: Any, request: ResourceRequest) -> None:
        self.aws.client("s3").delete_bucket(Bucket=resource.name)

    def _exists(self, name: str) -> bool:
        from moto.s3.models import s3_backends

        return name in s3_backends[self.aws.account_id]["aws"].buckets

    def _bucket(self, name: str) -> Any:
        from moto.s3.models import s3_backends

        return s3_backends[self.aws.account_id]["aws"].get_bucket(name)

    def _configure(self, name: str, properties: dict[str, Any]) -> None:
        s3 = self.aws.client("s3")
        setters = {
            "BucketEncryption": lambda value: s3.put_bucket_encryption(
                Bucket=name, ServerSideEncryptionConfiguration={"Rules": encryption_rules(value)}
            ),
            "VersioningConfiguration": lambda value: s3.put_bucket_versioning(
                Bucket=name, VersioningConfiguration=value
            ),
            "PublicAccessBlockConfiguration": lambda value: s3.put_public_access_block(
                Bucket=name, PublicAccessBlockConfiguration={key: truth(flag) for key, flag in value.items()}
            ),
            "LoggingConfiguration": lambda value: s3.put_bucket_logging(
                Bucket=name, BucketLoggingStatus={"LoggingEnabled": access_logs(value)}
            ),
            "OwnershipControls": lambda value: s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=value),
            "LifecycleConfiguration": lambda value: s3.put_bucket_lifecycle_configuration(
                Bucket=name, LifecycleConfiguration={"Rules": [lifecycle_rule(rule) for rule in value["Rules"]]}
            ),
            "NotificationConfiguration": lambda value: s3.put_bucket_notification_configuration(
                Bucket=name, NotificationConfiguration=notification(value), SkipDestinationValidation=True
            ),
            "Tags": lambda value: s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": value}),
        }
        for key, value in properties.items():
            if key in setters:
                setters[key](value)
            elif key not in IGNORED | {"BucketName", "ObjectLockEnabled"}:
                raise ValueError(f"the local AWS does not know the bucket property {key}")


def truth(flag: Any) -> bool:
    """A boolean of a template, which may be a text."""
    return flag if isinstance(flag, bool) else str(flag).lower() == "true"


def encryption_rules(value: dict[str, Any]) -> list[dict[str, Any]]:
    """CloudFormation's encryption rules in the API's words."""
    names = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    return [
        {names.get(key, key): item for key, item in rule.items()} for rule in value["ServerSideEncryptionConfiguration"]
    ]


def notification(value: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's notification configuration in the API's words; only EventBridge is known."""
    if unknown := sorted(set(value) - {"EventBridgeConfiguration"}):
        raise ValueError(f"the local AWS does not know the bucket notification(s) {', '.join(unknown)}")
    enabled = truth(value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", True))
    return {"EventBridgeConfiguration": {}} if enabled and "EventBridgeConfiguration" in value else {}


def access_logs(value: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's access logging in the API's words."""
    return {"TargetBucket": value["DestinationBucketName"], "TargetPrefix": value.get("LogFilePrefix", "")}


def lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's lifecycle rule in the API's words."""
    made = {"ID": rule.get("Id", "rule"), "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    expiration = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = int(rule["ExpirationInDays"])
    if "ExpiredObjectDeleteMarker" in rule:
        expiration["ExpiredObjectDeleteMarker"] = truth(rule["ExpiredObjectDeleteMarker"])
    if expiration:
        made["Expiration"] = expiration
    if "AbortIncompleteMultipartUpload" in rule:
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    old_versions = rule.get("NoncurrentVersionExpiration") or {}
    if "NoncurrentVersionExpirationInDays" in rule:
        old_versions = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    if old_versions:
        made["NoncurrentVersionExpiration"] = {key: int(number) for key, number in old_versions.items()}
    if "Transitions" in rule:
        made["Transitions"] = [
            {"Days": int(one["TransitionInDays"]), "StorageClass": one["StorageClass"]} for one in rule["Transitions"]
        ]
    known = {"Transitions", "Id", "Status", "Prefix", "ExpirationInDays", "ExpiredObjectDeleteMarker"}
    known |= {"AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays"}
    if unknown := sorted(set(rule) - known):
        raise ValueError(f"the local AWS does not know {', '.join(unknown)} of a bucket's lifecycle rule")
    return made


def types(aws: LocalAws) -> dict[str, ResourceType]:
    return {"AWS::S3::Bucket": BucketType(aws)}
