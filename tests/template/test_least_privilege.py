"""No statement of the template allows more than its owner needs."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = [PROJECT / name for name in ("functions", "report", "publish")]  # of functions' modules
# What IAM calls the calls that the functions make.
ACTIONS = {
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "list_objects_v2": "s3:ListBucket",
    "create_model_package": "sagemaker:CreateModelPackage",
    "describe_model_package": "sagemaker:DescribeModelPackage",
    "list_model_packages": "sagemaker:ListModelPackages",
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "delete_item": "dynamodb:DeleteItem",
    "query": "dynamodb:Query",
    "describe_training_job": "sagemaker:DescribeTrainingJob",
    "describe_processing_job": "sagemaker:DescribeProcessingJob",
    "describe_log_streams": "logs:DescribeLogStreams",
    "get_log_events": "logs:GetLogEvents",
    "describe_execution": "states:DescribeExecution",
    "get_execution_history": "states:GetExecutionHistory",
    "describe_state_machine_for_execution": "states:DescribeStateMachineForExecution",
    "start_execution": "states:StartExecution",
    "stop_execution": "states:StopExecution",
    "list_executions": "states:ListExecutions",
    "publish": "sns:Publish",
}

# The actions for which AWS defines no resource (or, for log delivery, works with none narrower).
WITHOUT_RESOURCE = {
    *("sagemaker:ListModelPackages", "ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"),
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
    *("ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups"),
    *("ec2:DescribeSubnets", "ec2:DescribeVpcs"),
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
}
FUNCTION_NAMES = [
    *("PublishTraining", "TakeLease", "Prepare", "LookUpStep", "RecordStep", "RecordRun", "FindChampion"),
    *("ParseEvaluation", "Gate", "RegisterModel", "TriageFailure", "CloseRun", "RetakeLease"),
    *("WriteReport", "TellOutcome", "WatchFreshness"),
]
OWNERS = [
    *FUNCTION_NAMES,
    *("RetrainingStateMachineRole", "JobRole", "UploadRuleRole", "SeeHolder"),
    *("UseKey", "JobsUseKey", "JobsUseVpc", "KeepNetworkToLambda"),
]
BESIDE = {"TakeLease": ["SeeHolder"]}  # what a function is granted apart from its own policies
BY_SERVICES = {"RegisterModel": {"ecr:BatchGetImage", "ecr:DescribeImages"}}  # what AWS does for a function's calls
EXECUTIONS = "arn:aws:states:us-east-1:123456789012:execution:<RetrainingStateMachine.Name>:*"


def test_the_list_of_owners_is_complete(template):
    found = {
        name
        for name, one in template.resources.items()
        if one["Type"] in ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Serverless::Function")
    }
    assert found == set(OWNERS)


@pytest.mark.parametrize("owner", OWNERS)
def test_no_action_is_a_wildcard_and_none_that_has_a_resource_is_granted_on_all(template, owner):
    for action, resource in template.granted(owner):
        assert "*" not in action
        assert resource != "*" or action in WITHOUT_RESOURCE, action


@pytest.mark.parametrize("owner", OWNERS)
def test_objects_are_reached_by_prefix_only(template, owner):
    for action, resource in template.granted(owner):
        if action.startswith("s3:") and action != "s3:ListBucket":
            prefixes = ("reviews", "runs", "code", "checkpoints")
            allowed = {f"<DataBucket.Arn>/{prefix}/*" for prefix in prefixes}
            if (owner, action) == ("WriteReport", "s3:PutObject"):
                allowed = {f"<DataBucket.Arn>/runs/*/{name}" for name in ("report.html", "costs.json", "logs/*")}
            assert resource in allowed, action
            if "Put" in action:
                assert not resource.endswith("/reviews/*")


def test_versions_are_reached_by_the_arn_that_sagemaker_gave_their_group(template):
    (statement,) = [
        one
        for one in template.resources["FindChampion"]["Properties"]["Policies"][0]["Statement"]
        if one["Action"] == "sagemaker:DescribeModelPackage"
    ]
    text = json.dumps(statement["Resource"])
    for group in ("RetrievalModelPackageGroup", "RankingModelPackageGroup"):
        text = text.replace(
            json.dumps({"Fn::GetAtt": [group, "ModelPackageGroupArn"]}),
            json.dumps(f"arn:aws:sagemaker:us-east-1:123456789012:model-package-group/mystack-{group[:4].lower()}"),
        )
    assert template.value(json.loads(text)) == [
        "arn:aws:sagemaker:us-east-1:123456789012:model-package/mystack-retr/*",
        "arn:aws:sagemaker:us-east-1:123456789012:model-package/mystack-rank/*",
    ]


def actions_called_in(source):
    """The actions behind the calls in a function's source, be they methods or paginators of a client."""
    called = re.findall(r"\b(?:s3|sagemaker|stepfunctions|logs|client\(\"\w+\"\))\s*\.(\w+)\(", source)
    paginated = re.findall(r"get_paginator\(\"(\w+)\"\)", source)
    actions = {ACTIONS[call] for call in [*called, *paginated] if call != "get_paginator"}
    # without the right to list, S3 answers AccessDenied for an object that is not there
    return actions | ({"s3:ListBucket"} if "NoSuchKey" in source else set())


def file_of(module):
    """The file of a module of the functions' own; None for one of a package that is installed."""
    names = [f"{module.replace('.', '/')}{end}" for end in (".py", "/__init__.py")]
    return next((folder / name for folder in FOLDERS for name in names if (folder / name).is_file()), None)


@cache
def module_parts(module):
    """A module's source, what it defines by name, and what it imports of the modules beside it: name -> module."""
    source = file_of(module).read_text()
    defined, imported = {}, {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {name.id: node for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.ImportFrom) and file_of(node.module):
            imported |= {one.asname or one.name: (node.module, one.name) for one in node.names}
    return source, defined, imported


def source_of(module, name="handler", seen=None):
    """The source of what a module defines, and of all that it uses of its own module and of those beside it."""
    seen = set() if seen is None else seen
    source, defined, imported = module_parts(module)
    if name in imported:
        return source_of(*imported[name], seen)
    if (module, name) in seen or name not in defined:
        return ""
    seen.add((module, name))
    used = {node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)}
    return ast.get_source_segment(source, defined[name]) + "".join(source_of(module, one, seen) for one in sorted(used))


def test_the_reader_of_calls_sees_methods_and_paginators():
    source = 'client("s3").get_object(B=1)\nsagemaker.get_paginator("list_model_packages").paginate()'
    assert actions_called_in(source) == {"s3:GetObject", "sagemaker:ListModelPackages"}


def test_the_reader_of_calls_follows_what_is_used_and_nothing_else():
    assert actions_called_in(source_of("runs_table", "read_row")) == {"dynamodb:GetItem"}
    assert actions_called_in(source_of("runs_table", "put_row")) == {"dynamodb:GetItem", "dynamodb:PutItem"}
    assert actions_called_in(source_of("runs_table", "read_rows")) == {"dynamodb:Query"}


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_a_function_may_do_what_it_does_and_nothing_more(template, name):
    module = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    granted = {action for owner in (name, *BESIDE.get(name, ())) for action, _ in template.granted(owner)}
    assert granted == actions_called_in(source_of(module)) | BY_SERVICES.get(name, set())


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_a_missing_object_does_not_look_like_a_forbidden_one(template, name):
    """S3 answers 404 to whoever may list the bucket without a condition, and 403 to others."""
    for statement in template.statements(name):
        if "s3:ListBucket" in statement["Action"]:
            assert "Condition" not in statement


@pytest.mark.parametrize("owner", OWNERS)
def test_rows_and_executions_are_the_stacks_own(template, owner):
    for action, resource in template.granted(owner):
        if action.startswith("dynamodb:"):
            assert resource == "<RunsTable.Arn>"
        if action.startswith("states:"):
            of_machine = action in ("states:StartExecution", "states:ListExecutions")
            assert resource == ("<RetrainingStateMachine>" if of_machine else EXECUTIONS)
        if action.startswith("sns:"):
            assert resource == "<Notifications>"
        if action.startswith("kms:"):
            assert resource == "<KmsKeyArn>"


def test_what_is_granted_beside_a_function_goes_to_that_function_alone(template):
    assert template.resources["SeeHolder"]["Properties"]["Roles"] == [{"Ref": "TakeLeaseRole"}]


def test_the_table_of_runs_is_kept_encrypted_and_forgets_what_it_may(template):
    table = template.resources["RunsTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    properties = table["Properties"]
    assert template.value(properties["SSESpecification"]) == {"SSEEnabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ForgetAt", "Enabled": True}


@pytest.mark.parametrize("owner", ["RetrainingStateMachineRole", "JobRole", "UploadRuleRole"])
def test_a_role_is_assumed_by_one_service_for_this_account_only(template, owner):
    (statement,) = template.resources[owner]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert isinstance(statement["Principal"]["Service"], str)
    assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_the_bucket_is_private_encrypted_kept_and_tells_eventbridge(template):
    bucket = template.resources["DataBucket"]
    properties = bucket["Properties"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert template.value(encryption) == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert properties["VersioningConfiguration"]["Status"] == "Enabled"
    assert properties["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"] is True


def test_the_bucket_refuses_what_comes_without_tls(template):
    (statement,) = template.resources["DataBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert template.value(statement["Resource"]) == ["<DataBucket.Arn>", "<DataBucket.Arn>/*"]
