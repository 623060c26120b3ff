"""AWS::DynamoDB::Table: its configuration, changes in place, and a new stack over a table that was left behind."""

from __future__ import annotations

import pytest

from taproom.deploy import DeployFailed, deploy
from taproom.local.aws import LocalAws

TEMPLATE = """
Resources:
  Leases:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: {policy}
    Properties:
      TableName: !Sub "${{AWS::StackName}}-leases"
      AttributeDefinitions: [{{AttributeName: lease, AttributeType: S}}]
      KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]
      BillingMode: PAY_PER_REQUEST
{rest}
      SSESpecification: {{SSEEnabled: true}}
      StreamSpecification: {{StreamViewType: NEW_IMAGE}}
Outputs:
  Name: {{Value: !Ref Leases}}
  Arn: {{Value: !GetAtt Leases.Arn}}
"""
REST = """
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      Tags: [{Key: of, Value: taproom}]
"""
ITEM = {"lease": {"S": "held"}}


@pytest.fixture
def running(tmp_path):
    """``running()``: the next local AWS in the same folder, in place of the one before."""
    started = []

    def start():
        while started:
            started.pop().stop()
        started.append(LocalAws(tmp_path / "aws").__enter__())
        return started[-1]

    yield start
    while started:
        started.pop().stop()


@pytest.fixture
def deployed(tmp_path):
    def deployed(aws, key="lease", rest=REST, policy="Retain"):
        path = tmp_path / "template.yaml"
        path.write_text(TEMPLATE.format(key=key, rest=rest, policy=policy))
        return deploy(aws.client, path, "stack", {}, "artifacts", import_existing=True)

    return deployed


def configuration(aws):
    """The TTL's attribute (None where it is not enabled), recovery and tags."""
    dynamodb = aws.client("dynamodb")
    arn = dynamodb.describe_table(TableName="stack-leases")["Table"]["TableArn"]
    ends = dynamodb.describe_time_to_live(TableName="stack-leases")["TimeToLiveDescription"]
    recovery = dynamodb.describe_continuous_backups(TableName="stack-leases")["ContinuousBackupsDescription"]
    return (
        ends["AttributeName"] if ends["TimeToLiveStatus"] == "ENABLED" else None,
        recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"],
    )


def test_a_table_has_what_the_template_says_and_changes_in_place(running, deployed):
    aws = running()
    outputs = deployed(aws)
    dynamodb = aws.client("dynamodb")
    table = dynamodb.describe_table(TableName="stack-leases")["Table"]
    assert outputs == {"Name": "stack-leases", "Arn": table["TableArn"]}
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert configuration(aws) == ("expires", "ENABLED", [{"Key": "of", "Value": "taproom"}])
    dynamodb.put_item(TableName="stack-leases", Item=ITEM)

    assert deployed(aws, rest=REST.replace("taproom", "test")) == outputs
    assert configuration(aws) == ("expires", "ENABLED", [{"Key": "of", "Value": "test"}])
    assert dynamodb.scan(TableName="stack-leases")["Items"] == [ITEM]
    with pytest.raises(DeployFailed, match="KeySchema cannot be changed in place"):
        deployed(aws, key="other")
    assert dynamodb.scan(TableName="stack-leases")["Items"] == [ITEM]


def test_what_is_taken_out_of_the_template_is_ended(running, deployed):
    aws = running()
    deployed(aws)
    deployed(aws, rest="")
    assert configuration(aws) == (None, "DISABLED", [])
    deployed(aws)
    assert configuration(aws) == ("expires", "ENABLED", [{"Key": "of", "Value": "taproom"}])


def test_a_time_to_live_moves_to_another_attribute_in_two_deploys_only(running, deployed):
    aws = running()
    deployed(aws)
    moved = REST.replace("expires", "ends")
    with pytest.raises(DeployFailed, match="is on expires and cannot be moved to ends: disable it"):
        deployed(aws, rest=moved)
    assert configuration(aws)[0] == "expires"
    deployed(aws, rest=REST.replace("expires, Enabled: true", "expires, Enabled: false"))
    deployed(aws, rest=moved)
    assert configuration(aws)[0] == "ends"


def test_what_has_no_value_to_go_back_to_is_not_taken_out(running, deployed):
    aws = running()
    deployed(aws, rest=REST + "      DeletionProtectionEnabled: true")
    with pytest.raises(DeployFailed, match="DeletionProtectionEnabled cannot be changed in place"):
        deployed(aws)


def test_the_stack_of_the_next_local_aws_takes_over_the_table(running, deployed):
    aws = running()
    outputs = deployed(aws)
    aws.client("dynamodb").put_item(TableName="stack-leases", Item=ITEM)
    aws = running()
    assert deployed(aws) == outputs
    assert aws.client("dynamodb").scan(TableName="stack-leases")["Items"] == [ITEM]
    assert configuration(aws) == ("expires", "ENABLED", [{"Key": "of", "Value": "taproom"}])


def test_a_table_that_is_not_retained_goes_with_its_stack(running, deployed):
    aws = running()
    deployed(aws, policy="Delete")
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName="stack")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="stack", WaiterConfig={"Delay": 0})
    assert aws.client("dynamodb").list_tables()["TableNames"] == []
