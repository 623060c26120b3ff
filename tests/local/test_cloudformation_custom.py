"""Custom resources: asked to create, update and delete, and believed when they say that it failed."""

from __future__ import annotations

import json

import pytest

from taproom.deploy import DeployFailed
from taproom.local.aws import LocalAws
from tests.local.small_stacks import deploy_text

SOURCE = """
import json, os, urllib.request
import boto3

def handler(event, context):
    properties = event["ResourceProperties"]
    boto3.client("s3").put_object(
        Bucket="requests", Key=f"{event['StackId'].split('/')[1]}/{context.aws_request_id}", Body=json.dumps(event))
    if properties.get("Behave") == "raise":
        raise ValueError("it went wrong inside")
    failed = properties.get("Behave") == "fail"
    answer = {"Status": "FAILED" if failed else "SUCCESS", "Reason": "no such training folder",
              "PhysicalResourceId": "thing-" + properties.get("Name", "x"),
              "StackId": event["StackId"], "RequestId": event["RequestId"],
              "LogicalResourceId": event["LogicalResourceId"], "Data": {"Digest": "d-" + properties["Count"]}}
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(request).read()
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: code/
      Timeout: 10
      Policies: [{Statement: [{Effect: Allow, Action: s3:PutObject, Resource: "arn:aws:s3:::requests/*"}]}]
  Thing:
    Type: Custom::Thing
    Properties: {ServiceToken: !GetAtt Worker.Arn, Count: %s, Flag: true, Name: %s, Behave: %s}
  After: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Thing.%s}}
Outputs:
  Digest: {Value: !GetAtt Thing.Digest}
  Thing: {Value: !Ref Thing}
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        running.client("s3").create_bucket(Bucket="requests")
        yield running


def deployed(aws, folder, stack, count=3, name="a", behave="well", attribute="Digest"):
    (folder / "code").mkdir(parents=True, exist_ok=True)
    (folder / "code" / "app.py").write_text(SOURCE)
    return deploy_text(aws, folder, TEMPLATE % (count, name, behave, attribute), stack)


def asked(aws, stack):
    """Every request that a stack's function got, the oldest first."""
    s3 = aws.client("s3")
    found = s3.list_objects_v2(Bucket="requests", Prefix=f"{stack}/").get("Contents", [])
    found.sort(key=lambda one: one["LastModified"])
    return [json.loads(s3.get_object(Bucket="requests", Key=one["Key"])["Body"].read()) for one in found]


def test_its_answer_is_what_get_att_and_ref_give(aws, tmp_path):
    outputs = deployed(aws, tmp_path, "answers")
    assert outputs == {"Digest": "d-3", "Thing": "thing-a"}
    (request,) = asked(aws, "answers")
    assert request["RequestType"] == "Create"
    assert request["ResourceType"] == "Custom::Thing"
    # CloudFormation sends every scalar as a text
    assert (request["ResourceProperties"]["Count"], request["ResourceProperties"]["Flag"]) == ("3", "true")


def test_a_changed_property_updates_and_a_new_id_deletes_the_old(aws, tmp_path):
    deployed(aws, tmp_path, "changes")
    assert deployed(aws, tmp_path, "changes", count=4)["Digest"] == "d-4"
    update = next(one for one in asked(aws, "changes") if one["RequestType"] == "Update")
    assert update["PhysicalResourceId"] == "thing-a"
    assert update["OldResourceProperties"]["Count"] == "3"
    deployed(aws, tmp_path, "changes", count=4, name="b")
    deletes = [one for one in asked(aws, "changes") if one["RequestType"] == "Delete"]
    assert [one["PhysicalResourceId"] for one in deletes] == ["thing-a"]


def test_nothing_changed_asks_nothing(aws, tmp_path):
    deployed(aws, tmp_path, "same")
    deployed(aws, tmp_path, "same")
    assert len(asked(aws, "same")) == 1


@pytest.mark.parametrize(("behave", "words"), [("fail", "no such training folder"), ("raise", "it went wrong inside")])
def test_a_failure_fails_the_stack_with_its_reason(aws, tmp_path, behave, words):
    with pytest.raises(DeployFailed, match=f"Thing.*{words}"):
        deployed(aws, tmp_path, f"stack-{behave}", behave=behave)


def test_an_attribute_that_was_not_answered_fails_the_stack(aws, tmp_path):
    with pytest.raises(DeployFailed, match=r"After.*no attribute Missing"):
        deployed(aws, tmp_path, "missing", attribute="Missing")
