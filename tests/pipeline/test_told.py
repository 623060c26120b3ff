"""What people are told of a real run, and what there is to look at: the topic, the alarms and the dashboard."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_stacks import eventually
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with, ranking_evaluation, script

KEY = "arn:aws:kms:us-east-1:123456789012:key/4f2b0b1c-7d5e-4c80-9c4c-3a6a2f0c8e11"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A stack whose notifications are on, and mailed."""
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock(skip_waits=True)) as aws:
        yield deployed(
            aws,
            folder / "template.yaml",
            ScheduleState="DISABLED",
            UploadDebounceSeconds="0",
            NotificationState="ENABLED",
            NotificationEmail="brewer@example.org",
            KmsKeyArn=KEY,
        )


@pytest.fixture
def inbox(pipeline):
    """A queue that gets what tells of a rejection or failure; gives a callable that waits for the next message."""
    sqs, sns = pipeline.aws.client("sqs"), pipeline.aws.client("sns")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    only = {"FilterPolicy": json.dumps({"Outcome": ["Rejected", "Failed"]})}
    sns.subscribe(TopicArn=pipeline.outputs["NotificationsTopicArn"], Protocol="sqs", Endpoint=arn, Attributes=only)

    def message():
        received = eventually(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), within=30)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
        return json.loads(received[0]["Body"])

    return message


def measured(aws):
    """What TellOutcome's log holds of metrics, as CloudWatch would read them; nothing before it is written."""
    group, logs, found = "/aws/lambda/taproom", aws.client("logs"), []
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        lines = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
        found += [json.loads(line["message"]) for line in lines if '"_aws"' in line["message"]]
    found = [one for one in found if one.get("stack") == "taproom"]
    return found if any("CostUsd" in one for one in found) else []


def test_a_run_that_registers_one_model_and_rejects_the_other_is_told(pipeline, inbox):
    run = pipeline.upload("reviews/alice/a.csv", script(ranking_evaluation=ranking_evaluation(rmse=0.7)))
    assert run.status == "SUCCEEDED"
    name = run.execution["name"]
    message = inbox()
    assert message["Subject"].startswith("taproom: Registered retrieval version 1; Rejected ranking (")
    assert message["MessageAttributes"]["Outcome"] == {"Type": "String.Array", "Value": '["Registered", "Rejected"]'}
    text = message["Message"]
    assert "Registered retrieval version 1 (PendingManualApproval): accuracy 0.7500 (popularity 0.2500)" in text
    assert "rule baseline: RMSE 0.7000 does not beat the bias baseline's 0.6000" in text
    assert "taproom approve 1 --model retrieval --region us-east-1 --stack taproom" in text
    assert f"s3://{pipeline.bucket}/runs/" in text
    assert f"#/v2/executions/details/{run.execution['executionArn']}" in text
    assert "billed seconds (prices of us-east-1" in text
    assert name in text
    assert "alice" not in text
    told = eventually(lambda: measured(pipeline.aws))
    assert {one["Step"] for one in told if "StepSeconds" in one} == {
        *("Preprocess", "TrainRetrieval", "EvaluateRetrieval", "TrainRanking", "EvaluateRanking")
    }
    assert [one["CostUsd"][0] > 0 for one in told if "CostUsd" in one] == [True]
    (registered,) = [one for one in told if one.get("Status") == "Registered"]
    assert (registered["Model"], registered["Accuracy"], registered["ModelVersion"]) == ("Retrieval", [0.75], [1])


def test_a_job_that_fails_is_told_without_its_words(pipeline, inbox):
    run = pipeline.upload("reviews/bob/b.csv", script(preprocess="alice wrote 'too bitter'"))
    assert run.status == "FAILED"
    message = inbox()
    assert message["Subject"].startswith("taproom: Failed at Preprocess: JobFailed (")
    lines, name = message["Message"].splitlines(), run.execution["name"]
    assert lines[0].startswith("Failed at Preprocess: JobFailed: its own words may quote data")
    assert f"  Its log:  taproom logs Preprocess {name} --region us-east-1 --stack taproom" in lines
    assert f"  Once the cause is removed, go on:  taproom redrive {name} --region us-east-1 --stack taproom" in lines
    assert "billed seconds" in lines[-1]
    assert not {"alice", "bitter", "bob"} & set(message["Message"].replace("'", " ").split())


def test_the_models_age_is_looked_at_from_the_deployment_on(pipeline):
    key = {"Kind": {"S": "freshness"}, "Id": {"S": "watched"}}
    row = eventually(lambda: pipeline.aws.client("dynamodb").get_item(TableName="taproom-runs", Key=key).get("Item"))
    assert "Since" in row["Document"]["S"]


def test_there_are_alarms_that_tell_and_a_dashboard(pipeline):
    cloudwatch, topic = pipeline.aws.client("cloudwatch"), pipeline.outputs["NotificationsTopicArn"]
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert len(alarms) == 9
    assert all(one["AlarmActions"] == [topic] and one["AlarmDescription"] for one in alarms)
    (failed,) = [one for one in alarms if one.get("MetricName") == "ExecutionsFailed"]
    assert failed["Dimensions"] == [{"Name": "StateMachineArn", "Value": pipeline.machine}]
    (dashboard,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"])
    (executions,) = [one for one in body["widgets"] if one["properties"]["title"] == "Executions by status"]
    assert executions["properties"]["metrics"][0][:4] == [
        *("AWS/States", "ExecutionsStarted", "StateMachineArn", pipeline.machine)
    ]
    attributes = pipeline.aws.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["KmsMasterKeyId"] == KEY
    assert [one["Sid"] for one in json.loads(attributes["Policy"])["Statement"]] == ["TlsOnly", "Alarms"]
    (by_email,) = [
        one
        for one in pipeline.aws.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        if one["Protocol"] == "email"
    ]
    assert by_email["Endpoint"] == "brewer@example.org"
