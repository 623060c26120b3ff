"""Stacks as they are made, changed, refused and rolled back, through change sets as `sam deploy` makes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from taproom.deploy import DeployFailed, deploy
from taproom.local.aws import LocalAws
from taproom.local.cloudformation_order import in_order, references
from tests.local.small_stacks import deploy_text, invoke


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


EVERYTHING = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Word: {Type: String, Default: first, AllowedValues: [first, second]}
  Named: {Type: String, Default: ""}
Conditions:
  IsNamed: !Not [!Equals [!Ref Named, ""]]
  Never: !Equals [a, b]
Mappings:
  Accounts: {us-east-1: {Number: "0123"}}
Globals:
  Function: {Runtime: python3.12, CodeUri: code/, Timeout: 5, Tracing: Active}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !If [IsNamed, !Ref Named, !Ref AWS::NoValue]
      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true}
      VersioningConfiguration: {Status: Enabled}
      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}
      LifecycleConfiguration:
        Rules: [{Id: old, Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}}]
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: [!GetAtt Bucket.Arn, !Sub "${Bucket.Arn}/*"]
            Condition: {Bool: {aws:SecureTransport: "false"}}
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      AutoPublishAlias: live
      Environment:
        Variables:
          WORD: !Ref Word
          IMAGE: !Sub
            - ${Account}.ecr.${AWS::Region}
            - Account: !FindInMap [Accounts, !Ref AWS::Region, Number]
  Absent: {Type: AWS::SNS::Topic, Condition: Never}
  Topic: {Type: AWS::SNS::Topic}
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: sns:Publish}]}
  Queue: {Type: AWS::SQS::Queue}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: "*", Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}]
  Group:
    Type: AWS::SageMaker::ModelPackageGroup
    Properties: {ModelPackageGroupName: !Sub "${AWS::StackName}-models"}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmActions: [!Ref Topic]
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      MetricName: ExecutionsFailed
      Namespace: AWS/States
      Period: "60"
      Statistic: Sum
      Threshold: 0
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.json
      DefinitionSubstitutions: {EchoArn: !GetAtt Echo.Arn, Name: !Ref "AWS::StackName"}
      Policies:
        - LambdaInvokePolicy: {FunctionName: !Ref Echo}
        - Statement: [{Effect: Allow, Action: "logs:*", Resource: "*"}]
      Tracing: {Enabled: true}
      Logging:
        Level: ERROR
        IncludeExecutionData: false
        Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Logs.Arn}}]
Outputs:
  Bucket: {Value: !Ref Bucket}
  Group: {Value: !GetAtt Group.ModelPackageGroupArn}
  Machine: {Value: !Ref Machine}
  MachineName: {Value: !GetAtt Machine.Name}
  Function: {Value: !Ref Echo}
  Topic: {Value: !Ref Topic}
  Queue: {Value: !Ref Queue}
  Alarm: {Value: !Ref Alarm}
"""

# An odd layout on purpose: what is handed on must be these bytes
DEFINITION = """{ "StartAt":"Ask",
   "States" : {"Ask": {"Type": "Task", "Resource": "${EchoArn}",
      "Parameters": {"Text.$": "States.Format('{}', 'ü')", "Stack": "${Name}"}, "End": true }}
}
"""


@pytest.fixture(scope="module")
def made(aws, tmp_path_factory):
    folder = tmp_path_factory.mktemp("everything")
    (folder / "code").mkdir()
    source = "import os\ndef handler(e, c): return {key: os.environ[key] for key in ('WORD', 'IMAGE')}"
    (folder / "code" / "app.py").write_text(source)
    (folder / "machine.asl.json").write_text(DEFINITION)
    return folder, deploy_text(aws, folder, EVERYTHING, "everything")


def test_the_bucket_is_configured(aws, made):
    s3, bucket = aws.client("s3"), made[1]["Bucket"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "old"


def test_a_tls_only_policy_stands_and_lets_requests_through(aws, made):
    s3, bucket = aws.client("s3"), made[1]["Bucket"]
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_types_that_moto_skips_are_made(aws, made):
    outputs = made[1]
    groups = aws.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupArn"] for group in groups] == [outputs["Group"]]
    assert outputs["Group"].endswith("model-package-group/everything-models")
    (alarm,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[outputs["Alarm"]])["MetricAlarms"]
    assert (alarm["Period"], alarm["AlarmActions"]) == (60, [outputs["Topic"]])
    policy = aws.client("sns").get_topic_attributes(TopicArn=outputs["Topic"])["Attributes"]["Policy"]
    assert json.loads(policy)["Statement"][0]["Action"] == "sns:Publish"
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=outputs["Queue"], AttributeNames=["Policy"])
    assert "sqs:SendMessage" in attributes["Attributes"]["Policy"]
    assert len(aws.client("sns").list_topics()["Topics"]) == 1  # the condition of the other is false


def test_the_definition_is_the_file_but_for_its_substitutions(aws, made):
    outputs = made[1]
    described = aws.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["Machine"])
    arn = f"arn:aws:lambda:us-east-1:{aws.account_id}:function:{outputs['Function']}:live"
    plain = arn.removesuffix(":live")
    expected = DEFINITION.replace("${Name}", "everything")
    assert described["definition"] in (expected.replace("${EchoArn}", arn), expected.replace("${EchoArn}", plain))
    assert described["name"] == outputs["MachineName"]
    assert described["tracingConfiguration"] == {"enabled": True}
    assert described["loggingConfiguration"]["level"] == "ERROR"
    destination = described["loggingConfiguration"]["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    assert ":log-group:everything-Logs" in destination


def test_the_function_has_the_templates_environment(aws, made):
    assert invoke(aws, made[1]["Function"] + ":live")[0] == {"WORD": "first", "IMAGE": "0123.ecr.us-east-1"}


def test_a_changed_parameter_changes_what_depends_on_it_and_nothing_else(aws, made):
    folder, outputs = made
    since = datetime.now(UTC)
    again = deploy(aws.client, folder / "template.yaml", "everything", {"Word": "second"}, "artifacts")
    assert again == outputs
    assert invoke(aws, outputs["Function"])[0]["WORD"] == "second"
    events = aws.client("cloudformation").describe_stack_events(StackName="everything")["StackEvents"]
    touched = {one["LogicalResourceId"] for one in events if one["Timestamp"].replace(tzinfo=UTC) >= since}
    assert touched == {"everything", "Echo"}


def test_changed_code_is_a_new_version_behind_the_alias(aws, made):
    folder, outputs = made
    (folder / "code" / "app.py").write_text("def handler(e, c): return c.function_version")
    deploy(aws.client, folder / "template.yaml", "everything", {}, "artifacts")
    assert invoke(aws, outputs["Function"] + ":live")[0] == "2"


BUCKET_AND = """
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: %s}}
  Other: %s
"""


def buckets(aws):
    return {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}


def test_an_unknown_type_is_refused_by_name_before_anything_is_made(aws, tmp_path):
    with pytest.raises(DeployFailed, match="AWS::Braket::Thing"):
        deploy_text(aws, tmp_path, BUCKET_AND % ("refused", "{Type: AWS::Braket::Thing}"), "refused")
    assert "refused" not in buckets(aws)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ("{Type: AWS::S3::Bucket, Properties: {BucketName: both, NoSuchThing: 1}}", ["Other", "NoSuchThing"]),
        ("{Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: a, Color: red}}", ["Other", "Color"]),
        ("{Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Bucket.Taste}}", ["Other"]),
        ("{Type: AWS::SNS::Topic, Properties: {DisplayName: {'Fn::Length': [1]}}}", ["Other", "Fn::Length"]),
    ],
)
def test_a_failing_resource_is_named_and_everything_is_rolled_back(aws, tmp_path, other, named):
    with pytest.raises(DeployFailed) as failed:
        deploy_text(aws, tmp_path, BUCKET_AND % ("rolled-back", other), "failing")
    assert all(word in str(failed.value) for word in ["ROLLBACK_COMPLETE", *named])
    assert "rolled-back" not in buckets(aws)
    events = aws.client("cloudformation").describe_stack_events(StackName="failing")["StackEvents"]
    reasons = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert len(reasons) == 1
    assert named[-1] in reasons[0] or len(named) == 1


def test_a_stack_that_exists_is_not_created_again_nor_a_failed_one_updated(aws, tmp_path):
    deploy_text(aws, tmp_path, "Resources: {Topic: {Type: AWS::SNS::Topic}}", "there")
    cloudformation = aws.client("cloudformation")
    text = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    change = {"ChangeSetName": "again", "TemplateBody": text}
    kept = {"Parameters": [{"ParameterKey": "Word", "UsePreviousValue": True}]}  # as the SAM CLI asks
    with pytest.raises(ClientError, match="already exists"):
        cloudformation.create_change_set(StackName="there", ChangeSetType="CREATE", **change)
    other = "{Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Word, A: !GetAtt Bucket.B}}"
    with pytest.raises(DeployFailed):
        deploy_text(aws, tmp_path, "Parameters: {Word: {Type: String}}" + BUCKET_AND % ("x", other), "bad", Word="a")
    # the SAM CLI asks for its summary first
    summary = cloudformation.get_template_summary(StackName="bad")
    assert summary["ResourceTypes"] == ["AWS::S3::Bucket", "AWS::SNS::Topic"]
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE"):
        cloudformation.create_change_set(StackName="bad", ChangeSetType="UPDATE", **change, **kept)


def test_the_plain_stack_calls_work_without_a_change_set(aws):
    cloudformation = aws.client("cloudformation")
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "N"}}}
    text = json.dumps({"Parameters": {"N": {"Type": "String"}}, "Resources": {"Topic": topic}})
    quick = {"Delay": 0.05}
    arguments = {"StackName": "plain", "TemplateBody": text}
    cloudformation.create_stack(**arguments, Parameters=[{"ParameterKey": "N", "ParameterValue": "one"}])
    cloudformation.get_waiter("stack_create_complete").wait(StackName="plain", WaiterConfig=quick)
    cloudformation.update_stack(**arguments, Parameters=[{"ParameterKey": "N", "ParameterValue": "two"}])
    cloudformation.get_waiter("stack_update_complete").wait(StackName="plain", WaiterConfig=quick)
    (resource,) = [
        one
        for one in cloudformation.describe_stack_resources(StackName="plain")["StackResources"]
        if one["LogicalResourceId"] == "Topic"
    ]
    attributes = aws.client("sns").get_topic_attributes(TopicArn=resource["PhysicalResourceId"])["Attributes"]
    assert attributes["DisplayName"] == "two"


def test_after_a_failed_creation_the_next_deploy_creates(aws, tmp_path):
    topic = "{Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Bucket.Taste}}"
    with pytest.raises(DeployFailed):
        deploy_text(aws, tmp_path, BUCKET_AND % ("second-try", topic), "second-try")
    deploy_text(aws, tmp_path, BUCKET_AND % ("second-try", "{Type: AWS::SNS::Topic}"), "second-try")
    assert "second-try" in buckets(aws)


def test_a_failed_update_leaves_what_was_there(aws, tmp_path):
    deploy_text(aws, tmp_path, BUCKET_AND % ("kept", "{Type: AWS::SNS::Topic}"), "updated")
    changed = BUCKET_AND % ("kept", "{Type: AWS::SNS::Topic}") + "  Added: {Type: AWS::SQS::Queue}\n"
    broken = changed + "  Bad: {Type: AWS::S3::Bucket, Properties: {BucketName: bad, Odd: !Ref Added}}\n"
    with pytest.raises(DeployFailed, match=r"UPDATE_ROLLBACK_COMPLETE: Bad.*Odd"):
        deploy_text(aws, tmp_path, broken, "updated")
    assert "kept" in buckets(aws)
    resources = aws.client("cloudformation").describe_stack_resources(StackName="updated")["StackResources"]
    assert {one["LogicalResourceId"] for one in resources} >= {"Bucket", "Other"}
    assert not [one for one in resources if one["LogicalResourceId"] in ("Added", "Bad")]
    deploy_text(aws, tmp_path, changed, "updated")


def test_what_left_the_template_is_deleted_unless_it_is_retained(aws, tmp_path):
    retained = "{Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: retained}}"
    deploy_text(aws, tmp_path, BUCKET_AND % ("leaving", retained), "leaving")
    deploy_text(aws, tmp_path, "Resources: {Topic: {Type: AWS::SNS::Topic}}", "leaving")
    assert "leaving" not in buckets(aws)
    assert "retained" in buckets(aws)


def test_what_is_retained_except_on_create_outlives_the_stack_but_not_a_failure_to_make_it(aws, tmp_path):
    careful = "{Type: AWS::S3::Bucket, DeletionPolicy: RetainExceptOnCreate, Properties: {BucketName: %s}}"
    bad = "  Bad: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Bucket.Taste}}\n"
    whole = BUCKET_AND % ("careful-other", careful % "careful")
    with pytest.raises(DeployFailed, match="is ROLLBACK_COMPLETE"):
        deploy_text(aws, tmp_path, whole + bad, "careful")
    assert "careful" not in buckets(aws)
    deploy_text(aws, tmp_path, whole, "careful")
    more = f"  More: {careful % 'careful-more'}\n"
    with pytest.raises(DeployFailed, match="UPDATE_ROLLBACK_COMPLETE"):
        deploy_text(aws, tmp_path, whole + more + bad.replace("Bucket.Taste", "More.Taste"), "careful")
    assert "careful-more" not in buckets(aws)
    deploy_text(aws, tmp_path, "Resources: {Topic: {Type: AWS::SNS::Topic}}", "careful")
    assert "careful" in buckets(aws)


def test_deleting_a_stack_deletes_its_resources(aws, tmp_path):
    deploy_text(aws, tmp_path, BUCKET_AND % ("deleted", "{Type: AWS::SNS::Topic}"), "deleted")
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName="deleted")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="deleted", WaiterConfig={"Delay": 0.05})
    assert "deleted" not in buckets(aws)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Word": "third"}, "Word.*first, second.*third"),
        ({"Unknown": "x"}, "no parameter Unknown"),
        ({}, "Needed"),
    ],
)
def test_parameters_are_checked(aws, tmp_path, given, words):
    template = """
Parameters:
  Word: {Type: String, Default: first, AllowedValues: [first, second]}
  Needed: {Type: String}
Resources: {Topic: {Type: AWS::SNS::Topic}}
"""
    needed = {} if not given else {"Needed": "x"}
    with pytest.raises(DeployFailed, match=words):
        deploy_text(aws, tmp_path, template, "parameters", **given, **needed)


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"A": {"Type": "T", "Properties": {"x": {"Ref": "Nobody"}}}}, "Nobody"),
        ({"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "Properties": {"x": {"Ref": "A"}}}}, "Circular"),
    ],
)
def test_references_that_cannot_be_followed_are_refused(resources, words):
    from moto.cloudformation.exceptions import ValidationError

    with pytest.raises(ValidationError) as refused:
        in_order({"Resources": resources})
    assert words in refused.value.message


def test_references_are_found_wherever_they_stand():
    node = {
        "a": [{"Ref": "One"}, {"Fn::GetAtt": "Two.Arn"}],
        "b": {"Fn::Sub": ["${Three} ${Own} ${!Literal} ${Four.Arn}", {"Own": {"Fn::GetAtt": ["Five", "Arn"]}}]},
    }
    assert set(references(node)) == {"One", "Two", "Three", "Four", "Five"}
