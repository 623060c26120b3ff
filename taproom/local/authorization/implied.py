"""Rights that are needed beside a call, or without any: what a service does for a role on its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.actions import Site
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.documents import Request
from taproom.local.authorization.requests import Call

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

STATES = "states.amazonaws.com"
TAGGED_BY_STATES = re.compile(r"Create(?P<kind>Training|Processing)Job")  # by Step Functions, which tags what it starts
LOG_DELIVERY = (
    *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries"),
    *("PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"),
)
TRACES = ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")
FUNCTION_TRACES = TRACES[:2]  # Lambda samples by itself
NETWORK = (
    *("CreateNetworkInterface", "CreateNetworkInterfacePermission", "DeleteNetworkInterface"),
    *("DeleteNetworkInterfacePermission", "DescribeNetworkInterfaces", "DescribeVpcs", "DescribeDhcpOptions"),
    *("DescribeSubnets", "DescribeSecurityGroups"),
)
IMAGE = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[^:@]+)")
SYNC = re.compile(r":states:::sagemaker:create(?P<kind>Training|Processing)Job\.sync")
READS = {"GetObject", "HeadObject", "CopyObject", "UploadPartCopy"}
WRITES = {"PutObject", "CreateMultipartUpload", "UploadPart", "CopyObject", "UploadPartCopy"}


def beside(aws: LocalAws, caller: Caller, call: Call, site: Site) -> Iterator[Request]:
    """What is needed beside a call's own rights."""
    found = TAGGED_BY_STATES.fullmatch(call.operation)
    if found and caller.service == STATES and call.service == "sagemaker":
        name = call.parameters[f"{found['kind']}JobName"]
        yield Request("sagemaker:AddTags", site.arn("sagemaker", f"{found['kind'].lower()}-job/{name}"))
    if (call.service, call.operation) == ("sagemaker", "CreateModelPackage"):
        for container in call.parameters.get("InferenceSpecification", {}).get("Containers", []):
            yield from _of_image(container.get("Image", ""), site, "BatchGetImage", "DescribeImages")
    if call.service == "s3" and (key := key_of_bucket(aws, call.parameters.get("Bucket", ""), site)):
        through = (("kms:viaservice", f"s3.{site.region}.amazonaws.com"),)
        if call.operation in READS | {"UploadPart"}:
            yield Request("kms:Decrypt", key, through)
        if call.operation in WRITES:
            yield Request("kms:GenerateDataKey", key, through)


def key_of_bucket(aws: LocalAws, name: str, site: Site) -> str:
    """The KMS key that a bucket encrypts with, if it names one of the account's own; else empty."""
    from moto.s3.models import s3_backends

    bucket = s3_backends[aws.account_id][site.partition].buckets.get(name)
    rule = ((bucket.encryption or {}).get("Rule") or {}) if bucket else {}
    rule = rule[0] if isinstance(rule, list) else rule
    given = (rule.get("ApplyServerSideEncryptionByDefault") or {}).get("KMSMasterKeyID") or ""
    return given if not given or given.startswith("arn:") else site.arn("kms", f"key/{given}")


def of_machine(definition: str, logs: bool, site: Site) -> Iterator[Request]:
    """What a state machine's role must be allowed when the machine is made or changed."""
    for kind in sorted({found["kind"] for found in SYNC.finditer(definition)}):  # how .sync learns of a job's end
        rule = site.arn("events", f"rule/StepFunctionsGetEventsForSageMaker{kind}JobsRule")
        for action in ("PutTargets", "PutRule", "DescribeRule"):
            yield Request(f"events:{action}", rule)
    if logs:
        for action in LOG_DELIVERY:
            yield Request(f"logs:{action}")


def of_job(request: dict[str, Any], image: str, site: Site) -> Iterator[Request]:
    """What a job's role must be allowed before its container runs: the image, its network, its keys."""
    if IMAGE.match(image):
        yield Request("ecr:GetAuthorizationToken")
    yield from _of_image(image, site, "BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    if request.get("VpcConfig") or request.get("NetworkConfig", {}).get("VpcConfig"):
        yield from (Request(f"ec2:{action}") for action in NETWORK)
    for output in ("OutputDataConfig", "ProcessingOutputConfig"):
        if key := request.get(output, {}).get("KmsKeyId"):
            yield Request("kms:GenerateDataKey", _key_arn(key, site))
    instances = request.get("ResourceConfig") or request.get("ProcessingResources", {}).get("ClusterConfig", {})
    if key := instances.get("VolumeKmsKeyId"):  # whoever asks for the job needs this only where its role lacks it
        yield Request("kms:CreateGrant", _key_arn(key, site), (("kms:grantisforawsresource", "true"),))


def _of_image(image: str, site: Site, *actions: str) -> Iterator[Request]:
    if found := IMAGE.match(image):
        registry = f"arn:{site.partition}:ecr:{found['region']}:{found['account']}"
        for action in actions:
            yield Request(f"ecr:{action}", f"{registry}:repository/{found['name']}")


def _key_arn(key: str, site: Site) -> str:
    return key if key.startswith("arn:") else site.arn("kms", f"key/{key}")


def of_log(group: str, stream: str, site: Site, describes: bool = False) -> Iterator[Request]:
    """Writing a log as a role: the group where there is none yet, the stream, the lines."""
    whole = site.arn("logs", f"log-group:{group}:log-stream:")
    yield Request("logs:CreateLogGroup", whole)
    yield Request("logs:CreateLogStream", whole)
    if describes:
        yield Request("logs:DescribeLogStreams", whole)
    yield Request("logs:PutLogEvents", f"{whole}{stream}")


def of_metrics(namespace: str) -> Iterator[Request]:
    yield Request("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", namespace),))


def of_traces(actions: tuple[str, ...]) -> Iterator[Request]:
    for action in actions:
        yield Request(f"xray:{action}")
