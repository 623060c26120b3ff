"""What the owner may ask of the stack: a key of their own, a boundary for its roles, subnets for functions and jobs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("functions", "report", "publish")
KEY, BOUNDARY = "<KmsKeyArn>", "<PermissionsBoundaryArn>"
# the types that hold data, and what names their key
ENCRYPTED = {
    "AWS::S3::Bucket": lambda given: given["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"
    ].get("KMSMasterKeyID"),
    "AWS::DynamoDB::Table": lambda given: given["SSESpecification"].get("KMSMasterKeyId"),
    "AWS::Logs::LogGroup": lambda given: given.get("KmsKeyId"),
    "AWS::SQS::Queue": lambda given: given.get("KmsMasterKeyId"),
    "AWS::Lambda::Function": lambda given: given.get("KmsKeyArn"),
}


def properties(expanded, template, kind):
    return {
        name: template.value(one["Properties"]) for name, one in expanded["Resources"].items() if one["Type"] == kind
    }


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_whatever_holds_data_is_encrypted_with_the_owners_key_where_there_is_one(expanded, template, protected, kind):
    found = properties(expanded, protected, kind)
    assert found
    assert {ENCRYPTED[kind](one) for one in found.values()} == {KEY}
    assert {ENCRYPTED[kind](one) for one in properties(expanded, template, kind).values()} == {None}


def test_every_role_keeps_to_the_boundary(expanded, template, protected):
    roles = properties(expanded, protected, "AWS::IAM::Role")
    assert {"TakeLeaseRole", "JobRole", "RetrainingStateMachineWeeklyScheduleRole"} <= roles.keys()
    assert {one["PermissionsBoundary"] for one in roles.values()} == {BOUNDARY}
    for one in properties(expanded, template, "AWS::IAM::Role").values():
        assert "PermissionsBoundary" not in one


def test_every_function_is_in_the_subnets_or_none_is(expanded, template, protected):
    for one in properties(expanded, protected, "AWS::Lambda::Function").values():
        assert set(one["VpcConfig"]) == {"SubnetIds", "SecurityGroupIds"}
    for one in properties(expanded, template, "AWS::Lambda::Function").values():
        assert "VpcConfig" not in one


def test_every_function_traces_and_logs_json_under_the_id_of_the_execution(expanded, template):
    for name, one in properties(expanded, template, "AWS::Lambda::Function").items():
        assert one["TracingConfig"] == {"Mode": "Active"}, name
        assert one["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "<FunctionsLogGroup>"}, name
        file = f"{one['Handler'].removesuffix('.handler')}.py"
        (source,) = [path.read_text() for folder in FOLDERS if (path := PROJECT / folder / file).is_file()]
        (path,) = re.findall(r'@logger\.inject_lambda_context\(correlation_id_path="([\w.]+)"\)', source)
        # CloudFormation asks PublishTraining, a schedule WatchFreshness, for no execution
        others = {"PublishTraining": {"StackId"}, "WatchFreshness": {"Time"}}
        assert path in others.get(name, {"Execution.Id", "detail.executionArn"}), name


def test_the_state_machine_logs_no_payload(template):
    logging = template.machine["Logging"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


def test_the_definition_names_the_network_as_prepare_plans_it(template, protected):
    substituted = template.machine["DefinitionSubstitutions"]["TrainingNetwork"]
    assert template.value(substituted) == "EnableNetworkIsolation"
    assert protected.value(substituted) == "VpcConfig"


def test_the_key_is_used_by_every_function_the_jobs_and_the_schedules(template, protected):
    holders = {name for policy in ("UseKey", "JobsUseKey") for name in roles_of(protected, policy)}
    functions = {f"{name}Role" for name in template.functions()} - {"PublishTrainingRole"}
    assert holders == functions | {
        "JobRole",
        "RetrainingStateMachineWeeklyScheduleRole",
        "WatchFreshnessDailyScheduleRole",
    }
    allowed = protected.granted("PublishTraining")
    assert {("kms:Decrypt", KEY), ("kms:GenerateDataKey", KEY)} <= allowed
    assert not [action for action, _ in template.granted("PublishTraining") if action.startswith("kms:")]


def roles_of(template, policy):
    return [role["Ref"] for role in template.resources[policy]["Properties"]["Roles"]]


@pytest.mark.parametrize("policy", ["UseKey", "JobsUseKey", "PublishTraining"])
def test_the_key_is_granted_for_reading_and_writing_what_it_encrypts_and_no_other_key_is(protected, policy):
    of_keys = [one for one in protected.statements(policy) if one["Action"][0].startswith("kms:")]
    assert of_keys
    for statement in of_keys:
        assert statement["Resource"] == [KEY]
        assert set(statement["Action"]) <= {"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant"}
        if "kms:CreateGrant" in statement["Action"]:
            assert statement["Action"] == ["kms:CreateGrant"]
            assert statement["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_policies_of_key_and_subnets_are_there_only_with_them(template):
    conditions = {name: template.resources[name].get("Condition") for name in ("UseKey", "JobsUseKey", "JobsUseVpc")}
    assert conditions == {"UseKey": "HasKey", "JobsUseKey": "HasKey", "JobsUseVpc": "InVpc"}


def test_no_functions_code_reaches_into_the_network_although_sam_lets_lambda(expanded, template):
    (statement,) = template.statements("KeepNetworkToLambda")
    assert statement["Effect"] == "Deny"
    assert all(action.startswith("ec2:") for action in statement["Action"])
    assert list(statement["Condition"]["ArnLike"]) == ["lambda:SourceFunctionArn"]
    assert set(roles_of(template, "KeepNetworkToLambda")) == {f"{name}Role" for name in template.functions()}


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (
            "KmsKeyArn",
            [
                "",
                "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab",
                "arn:aws-cn:kms:cn-north-1:123456789012:key/m",
            ],
            ["alias/mine", "arn:aws:kms:eu-west-1:123456789012:alias/mine", "1234abcd-12ab"],
        ),
        (
            "PermissionsBoundaryArn",
            ["", "arn:aws:iam::123456789012:policy/team/Boundary", "arn:aws:iam::aws:policy/PowerUserAccess"],
            ["Boundary", "arn:aws:iam::123456789012:role/Boundary"],
        ),
        (
            "VpcSubnetIds",
            ["", "subnet-0a1b2c3d", "subnet-0a1b2c3d,subnet-1"],
            ["vpc-1", "subnet-1,", "subnet-1 subnet-2"],
        ),
        ("VpcSecurityGroupIds", ["", "sg-0a1b2c3d,sg-1"], ["subnet-1", "sg-1,sg-2,sg-3,sg-4,sg-5,sg-6"]),
    ],
)
def test_what_a_parameter_allows(template, parameter, good, bad):
    given = template.document["Parameters"][parameter]
    assert given["Default"] == ""
    assert [text for text in good + bad if re.fullmatch(given["AllowedPattern"], text)] == good
