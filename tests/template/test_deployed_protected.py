"""The stack with every parameter of its owner set, deployed: the local AWS makes all of it. No job is run."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with

BOUNDARY = "arn:aws:iam::123456789012:policy/Boundary"
BOUNDS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
VPC = {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a"]}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """The key's ARN, and the stack."""
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
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
