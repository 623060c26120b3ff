"""What the local CloudFormation tells the tools that deploy: templates by URL, summaries, resources, change sets."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from taproom.local.aws import LocalAws
from taproom.local.cloudformation_url import object_at
from tests.local.small_stacks import eventually

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}
GROUP = {
    "Type": "AWS::Logs::LogGroup",
    "Metadata": {"Why": "of a test"},
    "Properties": {"RetentionInDays": {"Ref": "Days"}},
}
TEMPLATE = {
    "Description": "A table and a log",
    "Parameters": {"Days": {"Type": "Number", "Default": 7, "AllowedValues": [7, 14], "Description": "How long"}},
    "Resources": {"Log": GROUP, "Table": TABLE},
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        aws.client("s3").create_bucket(Bucket="templates")
        aws.client("s3").put_object(Bucket="templates", Key="a/b c.json", Body=json.dumps(TEMPLATE))
        yield aws


@pytest.fixture(scope="module")
def stack(aws):
    cloudformation = aws.client("cloudformation")
    url = f"http://127.0.0.1:{aws.port}/templates/a/b%20c.json"
    cloudformation.create_stack(StackName="small", TemplateURL=url)
    complete(cloudformation, "CREATE_COMPLETE")
    cloudformation.update_stack(
        StackName="small", UsePreviousTemplate=True, Parameters=[{"ParameterKey": "Days", "ParameterValue": "14"}]
    )
    complete(cloudformation, "UPDATE_COMPLETE")
    return cloudformation


def complete(cloudformation, status):
    eventually(lambda: cloudformation.describe_stacks(StackName="small")["Stacks"][0]["StackStatus"] == status)


@pytest.mark.parametrize(
    ("url", "bucket", "key"),
    [
        ("http://127.0.0.1:4566/templates/a/b%20c.json", "templates", "a/b c.json"),
        ("http://localhost:4566/templates/x", "templates", "x"),
        ("https://templates.s3.us-east-1.amazonaws.com/a/x", "templates", "a/x"),
        ("https://with.dots.s3.amazonaws.com/x", "with.dots", "x"),
        ("https://s3.eu-west-3.amazonaws.com/templates/x", "templates", "x"),
        ("https://s3-eu-west-3.amazonaws.com/templates/x", "templates", "x"),
        ("https://s3.amazonaws.com/templates/x", "templates", "x"),
        ("https://templates.s3.cn-north-1.amazonaws.com.cn/x", "templates", "x"),
    ],
)
def test_a_template_is_found_by_every_address_that_s3_has(url, bucket, key):
    assert object_at(url) == {"Bucket": bucket, "Key": key}


def test_the_version_of_a_template_is_kept():
    assert object_at("http://localhost:1/b/k?versionId=3x")["VersionId"] == "3x"


@pytest.mark.parametrize(
    "url", ["https://example.com/b/k", "http://localhost:1/b", "http://localhost.evil.example/b/k"]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError, match="TemplateURL must"):
        object_at(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/templates/none", "S3 error: The specified key does not exist"),
        ("http://127.0.0.1:1/none/none", "S3 error: The specified bucket does not exist"),
        ("https://example.com/templates/x", "supported URL"),
    ],
)
def test_a_template_that_is_not_there_is_said_so(aws, url, words):
    with pytest.raises(ClientError, match=words):
        aws.client("cloudformation").create_stack(StackName="none", TemplateURL=url)


def test_each_resource_has_its_own_status(stack):
    listed = stack.list_stack_resources(StackName="small")["StackResourceSummaries"]
    assert {one["LogicalResourceId"]: one["ResourceStatus"] for one in listed} == {
        "Log": "UPDATE_COMPLETE",  # its retention is the parameter's
        "Table": "CREATE_COMPLETE",
    }
    (log,) = stack.describe_stack_resources(StackName="small", LogicalResourceId="Log")["StackResources"]
    assert (log["ResourceStatus"], log["ResourceType"]) == ("UPDATE_COMPLETE", "AWS::Logs::LogGroup")
    last = {one["LogicalResourceId"]: one["LastUpdatedTimestamp"] for one in listed}
    assert log["Timestamp"] == last["Log"] > last["Table"]  # that is when it was made


def test_a_resource_is_described_alone_and_found_by_its_name_at_its_service(stack):
    one = stack.describe_stack_resource(StackName="small", LogicalResourceId="Log")["StackResourceDetail"]
    (log,) = stack.describe_stack_resources(StackName="small", LogicalResourceId="Log")["StackResources"]
    assert (one["StackId"], one["PhysicalResourceId"]) == (log["StackId"], log["PhysicalResourceId"])
    assert (one["LastUpdatedTimestamp"], one["ResourceStatus"]) == (log["Timestamp"], "UPDATE_COMPLETE")
    assert json.loads(one["Metadata"]) == {"Why": "of a test"}
    found = stack.describe_stack_resources(PhysicalResourceId=one["PhysicalResourceId"])["StackResources"]
    assert [other["LogicalResourceId"] for other in found] == ["Log", "Table"]


@pytest.mark.parametrize(
    ("operation", "asked", "words"),
    [
        (
            "resource",
            {"StackName": "small", "LogicalResourceId": "Nothing"},
            "Resource Nothing does not exist for stack",
        ),
        ("resource", {"StackName": "nowhere", "LogicalResourceId": "Log"}, "Stack with id nowhere does not exist"),
        ("resources", {"StackName": "nowhere"}, "Stack with id nowhere does not exist"),
        ("resources", {"PhysicalResourceId": "nothing"}, "Stack for nothing does not exist"),
        ("resources", {}, "one of StackName and PhysicalResourceId"),
        ("events", {"StackName": "nowhere"}, "nowhere.* does not exist"),
    ],
)
def test_what_is_not_there_is_said_so(stack, operation, asked, words):
    with pytest.raises(ClientError, match=words) as refused:
        getattr(stack, f"describe_stack_{operation}")(**asked)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_what_else_an_operator_asks_is_answered(stack):
    events = stack.describe_stack_events(StackName="small")["StackEvents"]
    assert (events[0]["LogicalResourceId"], events[0]["ResourceStatus"]) == ("small", "UPDATE_COMPLETE")
    assert stack.list_exports()["Exports"] == []
    assert [one["StackName"] for one in stack.list_stacks()["StackSummaries"]] == ["small"]
    assert stack.validate_template(TemplateBody=json.dumps(TEMPLATE))["Description"] == "A table and a log"
    with pytest.raises(ClientError, match="nowhere does not exist"):
        stack.get_template(StackName="nowhere")


def test_a_template_is_summarised(aws, stack):
    summary = stack.get_template_summary(StackName="small")
    assert summary["Parameters"] == [
        {
            "ParameterKey": "Days",
            "ParameterType": "Number",
            "NoEcho": False,
            "Description": "How long",
            "DefaultValue": "7",
            "ParameterConstraints": {"AllowedValues": ["7", "14"]},
        }
    ]
    assert (summary["ResourceTypes"], summary["Capabilities"], summary["DeclaredTransforms"]) == (
        ["AWS::DynamoDB::Table", "AWS::Logs::LogGroup"],
        [],
        [],
    )
    url = f"http://localhost:{aws.port}/templates/a/b c.json"
    assert stack.get_template_summary(TemplateURL=url)["Description"] == "A table and a log"


@pytest.mark.parametrize(
    ("resource", "transform", "capabilities"),
    [
        ({"Type": "AWS::IAM::Role", "Properties": {}}, None, ["CAPABILITY_IAM"]),
        ({"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}, None, ["CAPABILITY_NAMED_IAM"]),
        (
            {"Type": "AWS::Serverless::Function", "Properties": {}},
            "AWS::Serverless-2016-10-31",
            ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        ),
    ],
)
def test_a_summary_names_the_capabilities(aws, resource, transform, capabilities):
    template = {"Resources": {"One": resource}} | ({"Transform": transform} if transform else {})
    summary = aws.client("cloudformation").get_template_summary(TemplateBody=json.dumps(template))
    assert summary["Capabilities"] == capabilities
    assert summary["DeclaredTransforms"] == ([transform] if transform else [])


def test_only_the_stacks_own_open_change_sets_are_listed(aws, stack):
    def make(name, days):
        stack.create_change_set(
            StackName="small",
            ChangeSetName=name,
            UsePreviousTemplate=True,
            ChangeSetType="UPDATE",
            Parameters=[{"ParameterKey": "Days", "ParameterValue": days}],
        )

    def listed():
        return [one["ChangeSetName"] for one in stack.list_change_sets(StackName="small")["Summaries"]]

    stack.create_change_set(
        StackName="other", ChangeSetName="of-other", ChangeSetType="CREATE", TemplateBody=json.dumps(TEMPLATE)
    )
    make("first", "7")
    make("second", "7")
    assert listed() == ["first", "second"]
    stack.execute_change_set(StackName="small", ChangeSetName="first")
    complete(stack, "UPDATE_COMPLETE")
    assert listed() == []


def test_a_template_is_given_back_as_written_and_as_expanded(aws, stack):
    assert stack.get_template(StackName="small")["TemplateBody"] == TEMPLATE
    answer = stack.get_template(StackName="small", TemplateStage="Processed")
    assert answer["StagesAvailable"] == ["Original", "Processed"]
    assert answer["TemplateBody"]["Resources"]["Log"]["Type"] == "AWS::Logs::LogGroup"
