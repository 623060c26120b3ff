"""The roles that CloudFormation makes have all that their templates give them, and keep what others gave them."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from tests.local.small_stacks import deploy_text

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Traced:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): pass"
      Handler: index.handler
      Runtime: python3.12
      Tracing: Active
      Policies:
        - AmazonS3ReadOnlyAccess
        - Statement: [{{Effect: Allow, Action: {action}, Resource: "arn:aws:s3:::beers/*"}}]
  Beside:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: Beside
      Roles: [!Ref TracedRole]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Action: "sns:Publish", Resource: "*"}}]
Outputs:
  Role: {{Value: !Ref TracedRole}}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        folder = tmp_path_factory.mktemp("roles")
        yield aws, lambda action: deploy_text(aws, folder, TEMPLATE.format(action=action), "roles")["Role"]


def managed(aws, role):
    return {
        one["PolicyName"] for one in aws.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    }


def test_a_role_has_its_managed_policies_and_keeps_what_stands_beside_it(stack):
    aws, deploy = stack
    iam, role = aws.client("iam"), deploy("s3:GetObject")
    attached = {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AmazonS3ReadOnlyAccess"}
    assert managed(aws, role) == attached
    assert iam.get_role_policy(RoleName=role, PolicyName="Beside")["PolicyDocument"]["Statement"]
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    actions = {action for one in aws.authorizer.policies(arn).identity for action in one.actions}
    assert {"logs:PutLogEvents", "xray:PutTraceSegments", "s3:Get*", "s3:GetObject", "sns:Publish"} <= actions

    assert deploy("s3:PutObject") == role
    assert managed(aws, role) == attached
    assert set(iam.list_role_policies(RoleName=role)["PolicyNames"]) == {"Beside", "TracedRolePolicy1"}
    document = iam.get_role_policy(RoleName=role, PolicyName="TracedRolePolicy1")["PolicyDocument"]
    assert "s3:PutObject" in json.dumps(document)
    actions = {action for one in aws.authorizer.policies(arn).identity for action in one.actions}
    assert "s3:GetObject" not in actions
