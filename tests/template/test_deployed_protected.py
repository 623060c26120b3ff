"""The stack with every parameter of its owner set, deployed: the local AWS makes all of it. No job is run."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with

BOUNDARY = "arn:aws:iam::123456789012:policy/Boundary"
BOUNDS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
VPC = {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a"]}
LOG_DELIVERY = {  # as S3's documentation asks of a bucket that takes access logs
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::access-logs/*",
        }
    ],
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """The key's ARN, and the stack."""
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        aws.client("s3").create_bucket(Bucket="access-logs")
        aws.client("s3").put_bucket_policy(Bucket="access-logs", Policy=json.dumps(LOG_DELIVERY))
        key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
        aws.client("iam").create_policy(PolicyName="Boundary", PolicyDocument=json.dumps(BOUNDS))
        made = deployed(
            aws,
            folder / "template.yaml",
            ScheduleState="DISABLED",
            KmsKeyArn=key,
            PermissionsBoundaryArn=BOUNDARY,
            VpcSubnetIds=",".join(VPC["Subnets"]),
            VpcSecurityGroupIds=",".join(VPC["SecurityGroupIds"]),
            AccessLogBucketName="access-logs",
            KeepNoncurrentDays="90",
            TierRunsAfterDays="30",
            LogRetentionDays="30",
            LeaseConcurrency="10",
        )
        yield key, made


def resources(made, kind):
    told = made.aws.client("cloudformation").list_stack_resources(StackName="taproom")["StackResourceSummaries"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in told if one["ResourceType"] == kind}


def test_the_bucket_encrypts_with_the_key(stack):
    key, made = stack
    (rule,) = made.aws.client("s3").get_bucket_encryption(Bucket=made.bucket)["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert rule["BucketKeyEnabled"] is True


def test_the_bucket_tells_of_accesses_and_forgets_and_tiers_what_it_is_told_to(stack):
    _, made = stack
    s3 = made.aws.client("s3")
    logged = s3.get_bucket_logging(Bucket=made.bucket)["LoggingEnabled"]
    assert (logged["TargetBucket"], logged["TargetPrefix"]) == ("access-logs", "taproom/")
    rules = {one["ID"]: one for one in s3.get_bucket_lifecycle_configuration(Bucket=made.bucket)["Rules"]}
    assert rules.keys() == {"AbandonedUploads", "Checkpoints", "NoncurrentVersions", "TieredRuns"}
    assert rules["NoncurrentVersions"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    assert rules["TieredRuns"]["Transitions"] == [{"Days": 30, "StorageClass": "INTELLIGENT_TIERING"}]
    for rule in rules.values():  # an artifact of a registered version is never expired
        assert rule["Filter"] == {"Prefix": "checkpoints/"} or "Days" not in rule.get("Expiration", {})


def test_the_functions_behind_every_execution_are_limited_and_no_other_is(stack):
    _, made = stack
    limits = {}
    for name, physical in resources(made, "AWS::Lambda::Function").items():
        told = made.aws.client("lambda").get_function_concurrency(FunctionName=physical)
        limits[name] = int(told.get("ReservedConcurrentExecutions") or 0)
    assert {name for name, limit in limits.items() if limit} == {"TakeLease", "CloseRun", "RetakeLease"}
    assert limits["CloseRun"] == 10


def test_logs_are_kept_as_long_as_is_said(stack):
    _, made = stack
    groups = made.aws.client("logs").describe_log_groups()["logGroups"]
    kept = {one["logGroupName"]: one.get("retentionInDays") for one in groups}
    assert kept["/aws/lambda/taproom"] == kept["/aws/vendedlogs/states/taproom"] == 30


def test_the_queues_encrypt_with_the_key(stack):
    key, made = stack
    queues = resources(made, "AWS::SQS::Queue")
    assert {"ScheduleDeadLetters", "UploadDeadLetters", "EventDeadLetters"} <= queues.keys()
    for url in queues.values():
        told = made.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert told["KmsMasterKeyId"] == key
        assert "aws:SecureTransport" in told["Policy"]


def test_every_role_has_the_boundary(stack):
    _, made = stack
    for name in resources(made, "AWS::IAM::Role").values():
        role = made.aws.client("iam").get_role(RoleName=name)["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY


def test_prepare_is_told_of_key_and_subnets(stack):
    key, made = stack
    name = resources(made, "AWS::Lambda::Function")["Prepare"]
    told = made.aws.client("lambda").get_function_configuration(FunctionName=name)
    variables = told["Environment"]["Variables"]
    assert (variables["KMS_KEY_ARN"], variables["VPC_SUBNET_IDS"]) == (key, "subnet-0a,subnet-0b")
    assert told["VpcConfig"]["SubnetIds"] == VPC["Subnets"]


def test_the_definition_puts_training_into_the_vpc(stack):
    _, made = stack
    told = made.aws.client("stepfunctions").describe_state_machine(stateMachineArn=made.machine)["definition"]
    retrieval = json.loads(told)["States"]["Models"]["Branches"][0]["States"]["TrainRetrieval"]
    assert retrieval["Parameters"]["VpcConfig.$"] == "$.Prepare.Retrieval.Train.Network"
    assert "${" not in told
