"""A SAM template whose functions are told of executions, and a table that they may write: deployed, and it works.

The rules are those of a state machine whose runs take turns: one tells of ends, one of redrives alone.
"""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from tests.local.small_stacks import deploy_text, eventually

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub ${AWS::StackName}-rows
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: Kind, AttributeType: S}, {AttributeName: Id, AttributeType: S}]
      KeySchema: [{AttributeName: Kind, KeyType: HASH}, {AttributeName: Id, KeyType: RANGE}]
      TimeToLiveSpecification: {AttributeName: ForgetAt, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      SSESpecification: {SSEEnabled: true}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Good?
        States:
          Good?: {Type: Choice, Choices: [{Variable: $.Good, BooleanEquals: true, Next: Done}], Default: Bad}
          Done: {Type: Succeed}
          Bad: {Type: Fail, Error: Bad, Cause: told to}
  Ended:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        import os, boto3
        def handler(event, context):
            detail = event["detail"]
            item = {"Kind": {"S": os.environ["KIND"]}, "Id": {"S": f"{detail['status']} {detail['redriveCount']}"}}
            boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
      Handler: index.handler
      Runtime: python3.12
      Environment: {Variables: {TABLE: !Ref Table, KIND: ended}}
      Policies:
        - Statement: [{Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Table.Arn}]
      Events:
        ExecutionEnded:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [aws.states]
              detail-type: [Step Functions Execution Status Change]
              detail: {stateMachineArn: [!Ref Machine], status: [SUCCEEDED, FAILED, TIMED_OUT, ABORTED]}
  Redriven:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        import os, boto3
        def handler(event, context):
            detail = event["detail"]
            item = {"Kind": {"S": os.environ["KIND"]}, "Id": {"S": f"{detail['status']} {detail['redriveCount']}"}}
            boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
      Handler: index.handler
      Runtime: python3.12
      Role: !GetAtt RedrivenRole.Arn
      Environment: {Variables: {TABLE: !Ref Table, KIND: redriven}}
  RedrivenRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: &trust
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  RedrivenPolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: WriteRows
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Table.Arn}]
      Roles: [!Ref RedrivenRole]
  RedrivenRule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
        source: [aws.states]
        detail-type: [Step Functions Execution Status Change]
        detail: {stateMachineArn: [!Ref Machine], status: [RUNNING], redriveCount: [{numeric: [">", 0]}]}
      Targets: [{Id: Redriven, Arn: !GetAtt Redriven.Arn}]
  RedrivenPermission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref Redriven
      Principal: events.amazonaws.com
      SourceArn: !GetAtt RedrivenRule.Arn
Outputs:
  Machine: {Value: !Ref Machine}
  Table: {Value: !Ref Table}
  Redriven: {Value: !Ref Redriven}
  Ended: {Value: !Ref Ended}
  Role: {Value: !Ref RedrivenRole}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws, deploy_text(aws, tmp_path_factory.mktemp("events"), TEMPLATE, "events")


def test_ends_and_redrives_are_told_to_who_asked_for_them(stack):
    aws, outputs = stack
    stepfunctions = aws.client("stepfunctions")

    def ended(good):
        given = json.dumps({"Good": good})
        arn = stepfunctions.start_execution(stateMachineArn=outputs["Machine"], input=given)["executionArn"]
        eventually(lambda: stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING")
        return arn

    ended(True)
    stepfunctions.redrive_execution(executionArn=ended(False))
    told = {("ended", "SUCCEEDED 0"), ("ended", "FAILED 0"), ("redriven", "RUNNING 1"), ("ended", "FAILED 1")}
    eventually(lambda: rows(aws, outputs) == told, within=30)
    assert aws.background.settle(10)  # and nothing else is under way
    assert rows(aws, outputs) == told


def rows(aws, outputs):
    items = aws.client("dynamodb").scan(TableName=outputs["Table"])["Items"]
    return {(item["Kind"]["S"], item["Id"]["S"]) for item in items}


def test_events_may_invoke_both_functions(stack):
    aws, outputs = stack
    for name in ("Ended", "Redriven"):
        policy = json.loads(aws.client("lambda").get_policy(FunctionName=outputs[name])["Policy"])
        (statement,) = policy["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "lambda:InvokeFunction"
        assert ":rule/" in statement["Condition"]["ArnLike"]["AWS:SourceArn"]


def test_the_policy_is_the_roles(stack):
    aws, outputs = stack
    policy = aws.client("iam").get_role_policy(RoleName=outputs["Role"], PolicyName="WriteRows")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "dynamodb:PutItem"
    assert statement["Resource"].endswith(f":table/{outputs['Table']}")


def test_the_table_is_the_templates(stack):
    aws, outputs = stack
    dynamodb = aws.client("dynamodb")
    table = dynamodb.describe_table(TableName=outputs["Table"])["Table"]
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("Kind", "HASH"), ("Id", "RANGE")]
    ttl = dynamodb.describe_time_to_live(TableName=outputs["Table"])["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ForgetAt"}


def test_a_changed_policy_is_changed_and_one_that_left_goes(stack, tmp_path):
    aws, outputs = stack
    deploy_text(aws, tmp_path, TEMPLATE.replace("dynamodb:PutItem, ", "dynamodb:DeleteItem, "), "events")
    policy = aws.client("iam").get_role_policy(RoleName=outputs["Role"], PolicyName="WriteRows")
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == "dynamodb:DeleteItem"
    before, _, rest = TEMPLATE.partition("  RedrivenPolicy:")
    deploy_text(aws, tmp_path, before + "  RedrivenRule:" + rest.partition("  RedrivenRule:")[2], "events")
    assert aws.client("iam").list_role_policies(RoleName=outputs["Role"])["PolicyNames"] == []
