"""Events of S3 and Step Functions reach rules, and rules start executions with the input that they make."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest

from taproom.local.aws import LocalAws
from taproom.local.eventbridge_input import InputTransformError, find, target_input, transform
from tests.local.small_stacks import eventually, inputs, make_machine, make_role


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def bucket(aws, request):
    """A bucket with EventBridge on, named after the test."""
    s3 = aws.client("s3")
    name = re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    return name


def rule(aws, bucket, machine, detail=None, state="ENABLED", **target):
    events = aws.client("events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}, **(detail or {})}}
    events.put_rule(Name=bucket, EventPattern=json.dumps(pattern), State=state)
    target = {"Id": "machine", "Arn": machine, "RoleArn": make_role(aws), **target}
    assert events.put_targets(Rule=bucket, Targets=[target])["FailedEntryCount"] == 0


def test_the_event_is_s3s_own_document(aws, bucket):
    machine = make_machine(aws, "whole-event")
    rule(aws, bucket, machine)
    etag = aws.client("s3").put_object(Bucket=bucket, Key="reviews/ä b.csv", Body=b"12345")["ETag"].strip('"')
    (event,) = eventually(lambda: inputs(aws, machine))
    assert set(event) == {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
    }
    assert (event["version"], event["detail-type"], event["source"]) == ("0", "Object Created", "aws.s3")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    detail = event["detail"]
    sequencer = detail["object"].pop("sequencer")
    assert re.fullmatch("[0-9A-F]+", sequencer)
    assert detail["object"] == {"key": "reviews/ä b.csv", "size": 5, "etag": etag}
    assert detail["bucket"] == {"name": bucket}
    assert detail["reason"] == "PutObject"
    assert set(detail) == {*("version", "bucket", "object", "request-id", "requester", "source-ip-address", "reason")}
    (execution,) = aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert re.fullmatch(re.escape(event["id"]) + "_[0-9a-f-]{36}", execution["name"])


def test_each_way_of_creating_an_object_is_one_event(aws, bucket):
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    machine = make_machine(aws, "each-way")
    rule(aws, bucket, machine)
    s3.put_object(Bucket=bucket, Key="put", Body=b"1")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/put")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")
    part = {"Bucket": bucket, "Key": "parts", "UploadId": upload["UploadId"]}
    tag = s3.upload_part(**part, PartNumber=1, Body=io.BytesIO(b"x" * (5 << 20)))["ETag"]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
    s3.put_object(Bucket=bucket, Key="last", Body=b"1")
    found = eventually(lambda: len(all_of := inputs(aws, machine)) >= 4 and all_of)
    reasons = {event["detail"]["object"]["key"]: event["detail"]["reason"] for event in found}
    assert reasons == {
        "put": "PutObject",
        "copy": "CopyObject",
        "parts": "CompleteMultipartUpload",
        "last": "PutObject",
    }
    assert len(found) == 4
    assert all(len(event["detail"]["object"]["version-id"]) > 10 for event in found)


def test_patterns_choose_and_disabled_rules_are_silent(aws, bucket):
    chosen = make_machine(aws, "chosen")
    rule(aws, bucket, chosen, {"object": {"key": [{"prefix": "reviews/"}, {"suffix": ".parquet"}]}})
    silent = make_machine(aws, "silent")
    aws.client("events").put_rule(Name="silent", EventPattern=json.dumps({"source": ["aws.s3"]}), State="DISABLED")
    aws.client("events").put_targets(Rule="silent", Targets=[{"Id": "a", "Arn": silent, "RoleArn": make_role(aws)}])
    for key in ("runs/a.csv", "reviews/a.csv", "runs/b.parquet", "reviews", "reviews/last"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    found = eventually(lambda: len(all_of := inputs(aws, chosen)) >= 3 and all_of)
    assert {event["detail"]["object"]["key"] for event in found} == {"reviews/a.csv", "runs/b.parquet", "reviews/last"}
    assert inputs(aws, silent) == []


def test_a_bucket_without_eventbridge_sends_nothing(aws, bucket):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="quiet")
    machine = make_machine(aws, "loud")
    aws.client("events").put_rule(
        Name="all", EventPattern=json.dumps({"detail": {"bucket": {"name": ["quiet", bucket]}}})
    )
    aws.client("events").put_targets(Rule="all", Targets=[{"Id": "a", "Arn": machine, "RoleArn": make_role(aws)}])
    s3.put_object(Bucket="quiet", Key="a", Body=b"")
    s3.put_object(Bucket=bucket, Key="b", Body=b"")
    found = eventually(lambda: inputs(aws, machine))
    assert [event["detail"]["object"]["key"] for event in found] == ["b"]


def test_an_input_transformer_makes_the_executions_input(aws, bucket):
    machine = make_machine(aws, "transformed")
    transformer = {
        "InputPathsMap": {
            "bucket": "$.detail.bucket.name",
            "key": "$.detail.object.key",
            "etag": "$.detail.object.etag",
        },
        "InputTemplate": '{"DefaultInput": {"A": 1}, "Trigger": {"Bucket": <bucket>, "Key": <key>, "ETag": <etag>}}',
    }
    rule(aws, bucket, machine, InputTransformer=transformer)
    etag = aws.client("s3").put_object(Bucket=bucket, Key='reviews/"q".csv', Body=b"1")["ETag"].strip('"')
    (given,) = eventually(lambda: inputs(aws, machine))
    assert given == {"DefaultInput": {"A": 1}, "Trigger": {"Bucket": bucket, "Key": 'reviews/"q".csv', "ETag": etag}}


def test_a_failed_delivery_is_logged_and_others_arrive(aws, bucket, caplog):
    machine = make_machine(aws, "beside")
    rule(aws, bucket, machine)
    missing = f"arn:aws:states:{aws.region}:{aws.account_id}:stateMachine:gone"
    aws.client("events").put_targets(Rule=bucket, Targets=[{"Id": "gone", "Arn": missing, "RoleArn": make_role(aws)}])
    with caplog.at_level(logging.ERROR, "taproom.local.eventbridge"):
        aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
        eventually(lambda: inputs(aws, machine))
        eventually(lambda: any("stateMachine:gone" in record.getMessage() for record in caplog.records))


def test_put_events_reach_the_same_targets(aws):
    machine = make_machine(aws, "custom-events")
    events = aws.client("events")
    events.put_rule(Name="custom", EventPattern=json.dumps({"source": ["my.app"]}))
    events.put_targets(
        Rule="custom", Targets=[{"Id": "a", "Arn": machine, "RoleArn": make_role(aws), "InputPath": "$.detail"}]
    )
    events.put_events(Entries=[{"Source": "my.app", "DetailType": "Happened", "Detail": '{"n": 1}'}])
    assert eventually(lambda: inputs(aws, machine)) == [{"n": 1}]


def test_executions_tell_of_their_status(aws):
    watched, watcher = make_machine(aws, "watched"), make_machine(aws, "watcher")
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [watched]}}
    aws.client("events").put_rule(Name="watch", EventPattern=json.dumps(pattern))
    aws.client("events").put_targets(Rule="watch", Targets=[{"Id": "a", "Arn": watcher, "RoleArn": make_role(aws)}])
    arn = aws.client("stepfunctions").start_execution(stateMachineArn=watched, input='{"x": 1}')["executionArn"]
    found = eventually(lambda: len(all_of := inputs(aws, watcher)) >= 2 and all_of)
    by_status = {event["detail"]["status"]: event for event in found}
    assert set(by_status) == {"RUNNING", "SUCCEEDED"}
    ended = by_status["SUCCEEDED"]
    assert ended["detail-type"] == "Step Functions Execution Status Change"
    assert ended["resources"] == [arn]
    assert json.loads(ended["detail"]["output"]) == {"x": 1}
    assert ended["detail"]["stopDate"] >= ended["detail"]["startDate"] > 1_600_000_000_000
    assert by_status["RUNNING"]["detail"]["stopDate"] is None


def test_executions_without_a_name_have_one_of_their_own(aws):
    machine = make_machine(aws, "unnamed")
    started = {
        aws.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"].rsplit(":", 1)[1]
        for _ in range(2)
    }
    assert len(started) == 2
    assert "None" not in started


EVENT = {"id": "e", "detail": {"n": 1, "text": 'say "hi"', "list": [1, "a"], "yes": True}, "resources": ["r0", "r1"]}


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ('{"a": <n>}', {"a": 1}),
        ('{"a": <text>}', {"a": 'say "hi"'}),
        ('{"a": "it says <text>!"}', {"a": 'it says say "hi"!'}),
        ('{"a": <list>, "b": <yes>}', {"a": [1, "a"], "b": True}),
        ('{"a": <missing>, "b": "<missing>"}', {"a": None, "b": ""}),
        ('{"a": "<n> and \\"<n>\\""}', {"a": '1 and "1"'}),
        ("<aws.events.event.json>", EVENT),
        ('{"rule": <aws.events.rule-name>, "unknown": "<other>"}', {"rule": "weekly", "unknown": "<other>"}),
        ("<text>", 'say "hi"'),
    ],
)
def test_input_templates(template, made):
    paths = {name: f"$.detail.{name}" for name in ("n", "text", "list", "yes", "missing")}
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    assert json.loads(target_input(target, EVENT, "arn:rule", "weekly")) == made


def test_a_template_that_gives_no_json_is_an_error():
    with pytest.raises(InputTransformError, match="no JSON"):
        transform('{"a": it is <n>}', {"n": 1})


def test_paths():
    assert find(EVENT, "$.resources[1]") == "r1"
    assert find(EVENT, "$") == EVENT
    assert find(EVENT, "$.detail.list[5]") is None
    assert target_input({"Input": '{"fixed": 1}'}, EVENT, "", "") == '{"fixed": 1}'
    assert json.loads(target_input({"InputPath": "$.detail.n"}, EVENT, "", "")) == 1
