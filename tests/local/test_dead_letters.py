"""What reaches nobody lies in the queue that is named for it: of a rule, a schedule, and a function that fails."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from tests.local.small_stacks import deploy_text, eventually, make_role

NOWHERE = "arn:aws:states:us-east-1:123456789012:stateMachine:gone"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Letters:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 1209600, SqsManagedSseEnabled: true}
  Fails:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        def handler(event, context):
            raise OSError("no way")
      Handler: index.handler
      Runtime: python3.12
      EventInvokeConfig:
        MaximumRetryAttempts: 0
        DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Letters.Arn}}
Outputs:
  Fails: {Value: !Ref Fails}
  Url: {Value: !Ref Letters}
  Arn: {Value: !GetAtt Letters.Arn}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws, deploy_text(aws, tmp_path_factory.mktemp("letters"), TEMPLATE, "letters")


@pytest.fixture
def letter(stack):
    """Waits for the next message; returns its body and its attributes."""
    aws, outputs = stack
    sqs = aws.client("sqs")

    def letter():
        def received():
            return sqs.receive_message(QueueUrl=outputs["Url"], MessageAttributeNames=["All"]).get("Messages")

        (message,) = eventually(received)
        sqs.delete_message(QueueUrl=outputs["Url"], ReceiptHandle=message["ReceiptHandle"])
        attributes = {name: one["StringValue"] for name, one in message.get("MessageAttributes", {}).items()}
        return json.loads(message["Body"]), attributes

    return letter


def test_an_invocation_that_is_not_tried_again_is_kept_with_its_event_and_its_error(stack, letter):
    aws, outputs = stack
    aws.client("lambda").invoke(FunctionName=outputs["Fails"], InvocationType="Event", Payload=b'{"a": 1}')
    record, _ = letter()
    assert record["requestPayload"] == {"a": 1}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"]["errorMessage"] == "no way"


def test_the_event_of_a_rule_is_kept_with_the_reason(stack, letter):
    aws, outputs = stack
    events = aws.client("events")
    events.put_rule(Name="told", EventPattern='{"source": ["mine"]}')
    target = {"Id": "one", "Arn": NOWHERE, "RoleArn": make_role(aws), "DeadLetterConfig": {"Arn": outputs["Arn"]}}
    events.put_targets(Rule="told", Targets=[target])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "Thing", "Detail": '{"b": 2}'}])
    event, attributes = letter()
    assert (event["source"], event["detail"]) == ("mine", {"b": 2})
    assert (attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == (NOWHERE, "StateMachineDoesNotExist")
    assert attributes["RULE_ARN"].endswith("rule/told")


def test_the_input_of_a_schedule_is_kept_with_the_reason(stack, letter):
    aws, outputs = stack
    aws.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": NOWHERE,
            "RoleArn": make_role(aws),
            "Input": '{"c": 3}',
            "DeadLetterConfig": {"Arn": outputs["Arn"]},
        },
    )
    given, attributes = letter()
    assert given == {"c": 3}
    assert attributes["ERROR_CODE"] == "StateMachineDoesNotExist"
    assert attributes["SCHEDULE_ARN"].endswith("/once")
