"""The table: what each call asks for. (AWS's Service Authorization Reference has all of them; here is what is used.)"""

from __future__ import annotations

from typing import Any

from taproom.local.authorization.actions import Need, Parameters
from taproom.local.authorization.resources import (
    Builder,
    anything,
    arn,
    at,
    bucket,
    buses,
    copied,
    function,
    key,
    log_group,
    named,
    object_in_bucket,
    queue,
    role,
    table,
    tables,
    transaction,
    versions,
)

Key = tuple[str, str]  # service as signatures have it, operation
FREE: set[Key] = {("sts", "GetCallerIdentity")}  # allowed to everybody, whatever a policy says


def plainly(service: str, prefix: str, resources: Builder, *operations: str) -> dict[Key, list[Need]]:
    """Operations whose action has their own name."""
    return {(service, operation): [Need(f"{prefix}:{operation}", resources)] for operation in operations}


def _lists(parameters: Parameters) -> dict[str, str]:
    keys = {"prefix": "s3:prefix", "delimiter": "s3:delimiter"}
    return {condition: str(parameters[name]) for name, condition in keys.items() if name in parameters}


def _passed_to(service: str) -> Any:
    return lambda parameters: {"iam:passedtoservice": service}


def _version(parameters: Parameters) -> bool:
    return "versionId" in parameters


def _no_version(parameters: Parameters) -> bool:
    return not _version(parameters)


def _tagged(parameters: Parameters) -> Any:
    return parameters.get("Tags") or parameters.get("tags")


READ_OBJECT = [
    Need("s3:GetObject", object_in_bucket, when=_no_version),
    Need("s3:GetObjectVersion", object_in_bucket, when=_version),
]
DELETE_OBJECT = [
    Need("s3:DeleteObject", object_in_bucket, when=_no_version),
    Need("s3:DeleteObjectVersion", object_in_bucket, when=_version),
]
PUT_OBJECT = [Need("s3:PutObject", object_in_bucket)]
COPY_OBJECT = [Need("s3:GetObject", copied), *PUT_OBJECT]
LIST_BUCKET = [Need("s3:ListBucket", bucket, _lists)]
S3: dict[Key, list[Need]] = {
    **{("s3", operation): READ_OBJECT for operation in ("GetObject", "HeadObject")},
    **{
        ("s3", operation): PUT_OBJECT
        for operation in ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
    },
    **{("s3", operation): COPY_OBJECT for operation in ("CopyObject", "UploadPartCopy")},
    **{("s3", operation): LIST_BUCKET for operation in ("ListObjects", "ListObjectsV2", "HeadBucket")},
    ("s3", "DeleteObject"): DELETE_OBJECT,
    ("s3", "DeleteObjects"): [Need("s3:DeleteObject", object_in_bucket)],
    ("s3", "AbortMultipartUpload"): [Need("s3:AbortMultipartUpload", object_in_bucket)],
    ("s3", "ListParts"): [Need("s3:ListMultipartUploadParts", object_in_bucket)],
    ("s3", "ListObjectVersions"): [Need("s3:ListBucketVersions", bucket, _lists)],
    ("s3", "ListMultipartUploads"): [Need("s3:ListBucketMultipartUploads", bucket)],
    ("s3", "ListBuckets"): [Need("s3:ListAllMyBuckets", anything)],
    ("s3", "GetBucketNotificationConfiguration"): [Need("s3:GetBucketNotification", bucket)],
    **plainly("s3", "s3", bucket, "GetBucketLocation", "GetBucketVersioning"),
}

DYNAMODB: dict[Key, list[Need]] = {
    **plainly("dynamodb", "dynamodb", table, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    **plainly("dynamodb", "dynamodb", table, "DescribeTable"),
    **plainly("dynamodb", "dynamodb", tables, "BatchGetItem", "BatchWriteItem"),
    ("dynamodb", "TransactGetItems"): [Need("dynamodb:GetItem", transaction("Get"))],
    ("dynamodb", "TransactWriteItems"): [
        Need("dynamodb:PutItem", transaction("Put")),
        Need("dynamodb:UpdateItem", transaction("Update")),
        Need("dynamodb:DeleteItem", transaction("Delete")),
        Need("dynamodb:ConditionCheckItem", transaction("ConditionCheck")),
    ],
}


def _job(kind: str) -> dict[Key, list[Need]]:
    job = named("sagemaker", f"{kind.lower()}-job/", f"{kind}JobName")
    return {
        ("sagemaker", f"Create{kind}Job"): [
            Need(f"sagemaker:Create{kind}Job", job),
            Need("sagemaker:AddTags", job, when=_tagged),
            Need("iam:PassRole", arn("RoleArn"), _passed_to("sagemaker.amazonaws.com"), when=at("RoleArn")),
        ],
        **plainly("sagemaker", "sagemaker", job, f"Describe{kind}Job", f"Stop{kind}Job"),
        **plainly("sagemaker", "sagemaker", anything, f"List{kind}Jobs"),
    }


SAGEMAKER: dict[Key, list[Need]] = {
    **_job("Training"),
    **_job("Processing"),
    **plainly("sagemaker", "sagemaker", arn("ResourceArn"), "AddTags", "ListTags", "DeleteTags"),
    ("sagemaker", "CreateModelPackage"): [
        Need("sagemaker:CreateModelPackage", versions),
        Need("sagemaker:AddTags", versions, when=_tagged),
    ],
    **plainly(
        "sagemaker",
        "sagemaker",
        named("sagemaker", "model-package/", "ModelPackageName"),
        *("DescribeModelPackage", "DeleteModelPackage"),
    ),
    **plainly("sagemaker", "sagemaker", arn("ModelPackageArn"), "UpdateModelPackage"),
    **plainly(
        "sagemaker",
        "sagemaker",
        named("sagemaker", "model-package-group/", "ModelPackageGroupName"),
        "DescribeModelPackageGroup",
    ),
    **plainly("sagemaker", "sagemaker", anything, "ListModelPackages", "ListModelPackageGroups"),
}

STATES: dict[Key, list[Need]] = {
    **plainly("states", "states", arn("stateMachineArn"), "StartExecution", "StartSyncExecution", "ListExecutions"),
    **plainly("states", "states", arn("stateMachineArn"), "DescribeStateMachine"),
    **plainly("states", "states", arn("executionArn"), "DescribeExecution", "StopExecution", "RedriveExecution"),
    **plainly("states", "states", arn("executionArn"), "GetExecutionHistory", "DescribeStateMachineForExecution"),
    **plainly("states", "states", anything, "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"),
    **plainly("states", "states", anything, "ListStateMachines"),
}

LAMBDA: dict[Key, list[Need]] = {
    ("lambda", "Invoke"): [Need("lambda:InvokeFunction", function)],
    **plainly("lambda", "lambda", function, "GetFunction", "GetFunctionConfiguration"),
}

MESSAGES: dict[Key, list[Need]] = {
    **plainly("sns", "sns", arn("TopicArn"), "Publish"),
    **plainly("sqs", "sqs", queue, "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"),
    **plainly("sqs", "sqs", queue, "GetQueueUrl", "GetQueueAttributes"),
    **plainly("events", "events", buses, "PutEvents"),
    **plainly("events", "events", named("events", "rule/", "Name"), "PutRule", "DescribeRule"),
    **plainly("events", "events", named("events", "rule/", "Rule"), "PutTargets", "ListTargetsByRule"),
    ("scheduler", "GetSchedule"): [
        Need(
            "scheduler:GetSchedule",
            lambda site, parameters: [
                site.arn("scheduler", f"schedule/{parameters.get('groupName', 'default')}/{parameters['Name']}")
            ],
        )
    ],
}

WATCHED: dict[Key, list[Need]] = {
    **plainly("logs", "logs", log_group, "CreateLogGroup", "CreateLogStream", "PutLogEvents"),
    **plainly("logs", "logs", log_group, "DescribeLogStreams", "GetLogEvents", "FilterLogEvents"),
    **plainly("logs", "logs", anything, "DescribeLogGroups"),
    ("monitoring", "PutMetricData"): [
        Need(
            "cloudwatch:PutMetricData",
            anything,
            lambda given: {"cloudwatch:namespace": given["Namespace"]} if "Namespace" in given else {},
        )
    ],
    **plainly("monitoring", "cloudwatch", anything, "GetMetricData", "GetMetricStatistics", "ListMetrics"),
    **plainly("xray", "xray", anything, "PutTraceSegments", "PutTelemetryRecords"),
    **plainly("xray", "xray", anything, "GetSamplingRules", "GetSamplingTargets", "GetSamplingStatisticSummaries"),
}

ELSE: dict[Key, list[Need]] = {
    **plainly("kms", "kms", key("KeyId"), "Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey", "CreateGrant"),
    **plainly("kms", "kms", key("KeyId"), "GenerateDataKeyWithoutPlaintext"),
    **plainly("ecr", "ecr", anything, "GetAuthorizationToken"),
    **plainly(
        "ecr",
        "ecr",
        named("ecr", "repository/", "repositoryName"),
        *("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer", "DescribeImages"),
    ),
    **plainly("ec2", "ec2", anything, "CreateNetworkInterface", "DeleteNetworkInterface"),
    **plainly("ec2", "ec2", anything, "CreateNetworkInterfacePermission", "DeleteNetworkInterfacePermission"),
    **plainly("ec2", "ec2", anything, "DescribeNetworkInterfaces", "DescribeSubnets", "DescribeSecurityGroups"),
    **plainly("ec2", "ec2", anything, "DescribeVpcs", "DescribeDhcpOptions"),
    **plainly("ec2", "ec2", anything, "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"),
    **plainly("iam", "iam", role, "GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies"),
    ("sts", "AssumeRole"): [Need("sts:AssumeRole", arn("RoleArn"))],
}

TABLE: dict[Key, list[Need]] = S3 | DYNAMODB | SAGEMAKER | STATES | LAMBDA | MESSAGES | WATCHED | ELSE
