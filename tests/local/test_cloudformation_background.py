"""Stacks are made in the background: what a tool that asks meanwhile, or right afterwards, is told."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from tests.local.small_stacks import eventually, make_function

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Word"}}}
TEMPLATE = {"Parameters": {"Word": {"Type": "String", "Default": "a"}}, "Resources": {"Topic": TOPIC}}
BROKEN = {**TOPIC, "Properties": {"DisplayName": {"Fn::GetAtt": ["Topic", "Taste"]}}}
# answers its custom resource once it is let go
SOURCE = """
import json, threading, urllib.request
import boto3

def handler(event, context):
    s3 = boto3.client("s3")
    while not s3.list_objects_v2(Bucket="signals", Prefix="go").get("Contents"):
        threading.Event().wait(0.02)
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "x"}
    answer |= {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(request).read()
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        running.client("s3").create_bucket(Bucket="signals")
        yield running


@pytest.fixture
def cloudformation(aws):
    return aws.client("cloudformation")


def status(cloudformation, stack):
    return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]


def test_what_is_made_soon_has_been_made_when_the_request_is_answered(cloudformation, monkeypatch):
    """Who finds it under way looks again after half a minute, as the SAM CLI does."""
    monkeypatch.setattr(
        "taproom.local.cloudformation.SOON", 60.0
    )  # on a busy machine three groups may take longer than 1
    groups = {  # each is made by a request of its own: which takes longer than the question below
        f"Group{number}": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": f"group-{number}"},
        }
        for number in range(3)
    }
    cloudformation.create_stack(StackName="quick", TemplateBody=json.dumps({"Resources": groups}))
    assert status(cloudformation, "quick") == "CREATE_COMPLETE"


def test_what_takes_longer_is_told_of_while_it_is_made(aws, cloudformation):
    make_function(aws, "waits", SOURCE, Timeout=60)
    function = aws.client("lambda").get_function_configuration(FunctionName="waits")["FunctionArn"]
    waits = {"Type": "Custom::Waits", "Properties": {"ServiceToken": function, "ServiceTimeout": "60"}}
    template = {"Description": "It takes its time", "Resources": {"Waits": waits}}
    cloudformation.create_stack(StackName="slow", TemplateBody=json.dumps(template))
    assert status(cloudformation, "slow") == "CREATE_IN_PROGRESS"
    assert cloudformation.get_template_summary(StackName="slow")["Description"] == "It takes its time"
    aws.client("s3").put_object(Bucket="signals", Key="go", Body=b"")
    assert eventually(lambda: status(cloudformation, "slow") == "CREATE_COMPLETE")


class Observed(list):
    """A stack's events: notes the stack's status as each event of the stack itself comes."""

    def __init__(self, stack):
        super().__init__(stack.events)
        self._stack, self.seen = stack, []

    def append(self, event):
        if event.resource_type == "AWS::CloudFormation::Stack":
            self.seen.append((event.resource_status, self._stack.status))
        super().append(event)


@pytest.mark.parametrize(
    ("resources", "last"),
    [({"Topic": TOPIC}, "CREATE_COMPLETE"), ({"Topic": TOPIC, "Other": BROKEN}, "ROLLBACK_COMPLETE")],
)
def test_who_has_seen_the_event_finds_the_status_that_it_tells(aws, cloudformation, resources, last):
    """The SAM CLI reads events, and asks for the status once it has seen the last one."""
    from moto.cloudformation.models import cloudformation_backends

    name, text = f"watched-{last.partition('_')[0]}", json.dumps({**TEMPLATE, "Resources": resources})
    cloudformation.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=text, Capabilities=[]
    )
    stack = cloudformation_backends[aws.account_id][aws.region].get_stack(name)
    stack.events = events = Observed(stack)
    cloudformation.execute_change_set(StackName=name, ChangeSetName="first")
    eventually(lambda: status(cloudformation, name) == last and events.seen[-1][0] == last)
    assert [(told, told) for told, _ in events.seen] == events.seen
