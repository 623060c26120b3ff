"""`taproom doctor` on a local AWS: each check passes on the deployed template, and fails on what a test breaks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from taproom.doctor import (
    bucket,
    code,
    functions,
    images,
    notifications,
    registry,
    reviews,
    roles,
    runs_table,
    schedule,
    stack,
    state_machine,
    uploads,
)
from taproom.doctor.examine import FIRST, THEN
from tests.local.small_stacks import deploy_text, trusting

BESIDE = "it was changed beside CloudFormation"


def test_the_deployed_template_has_no_failure(command, outputs):
    told = command.json("doctor")
    assert told["ok"] is True
    statuses = {}
    for one in told["findings"]:
        statuses.setdefault(one["status"], set()).add(one["check"])
    assert statuses == {
        "ok": {"credentials", "stack", "state machine", "functions", "roles", "code", "bucket", "uploads"}
        | {"registry", "runs table"},
        # it is deployed with the schedule off, nothing was uploaded, and nobody subscribes
        "warn": {"schedule", "reviews", "notifications"},
        "not checked": {"permissions", "quotas", "images"},
    }
    assert all(one["what_now"] for one in told["findings"] if one["status"] == "warn")
    assert all("is not AWS" in one["seen"] for one in told["findings"] if one["status"] == "not checked")


def test_a_terminal_shows_a_line_for_each_and_what_to_do(command, outputs):
    shown = command.succeeds("doctor")
    assert "✓ stack          taproom is CREATE_COMPLETE\n" in shown
    assert "! schedule       rate(7 days), but it is off: nothing retrains by itself\n" in shown
    assert "                 What now: taproom schedule on\n" in shown
    assert "· quotas         not checked: http://127.0.0.1" in shown


def test_without_the_stack_the_rest_is_not_checked_and_the_exit_code_is_1(command):
    result = command("doctor", "--stack", "elsewhere", "--json")
    assert result.exit_code == 1
    first, second, *others = json.loads(result.stdout)["findings"]
    assert first["status"] == "ok"
    assert (second["status"], second["seen"]) == ("fail", "no stack elsewhere in us-east-1")
    assert "deploy it" in second["what_now"]
    assert [one["check"] for one in others] == list(THEN)
    assert {(one["status"], one["seen"]) for one in others} == {("not checked", "first see to: stack")}
    assert list(FIRST) == ["credentials", "stack"]


def test_parameters_that_are_no_json_are_refused(command):
    assert "is no NAME=VALUE" in command.fails("doctor", "--set", "TrainingInstanceType")


@pytest.mark.parametrize(
    ("status", "missing", "found_to_be", "advice"),
    [
        ("UPDATE_COMPLETE", (), "ok", ""),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", (), "ok", ""),
        ("UPDATE_ROLLBACK_COMPLETE", (), "warn", "describe-stack-events --stack-name taproom says why"),
        ("UPDATE_IN_PROGRESS", (), "warn", "wait until it has ended"),
        ("CREATE_IN_PROGRESS", ("StateMachineArn",), "warn", "wait until it has ended"),
        ("ROLLBACK_COMPLETE", ("StateMachineArn",), "fail", "delete it (aws cloudformation delete-stack --stack-name"),
        ("UPDATE_ROLLBACK_FAILED", (), "fail", "describe-stack-events"),
        ("CREATE_COMPLETE", ("StateMachineArn",), "fail", "deploy this version of the template"),
    ],
)
def test_a_stack_is_whole_or_not(site, found, status, missing, found_to_be, advice):
    left = [one for one in site.described["Outputs"] if one["OutputKey"] not in missing]
    site.described.update(StackStatus=status, Outputs=left)
    [(told, seen, what_now)] = found(stack.check)
    assert told == found_to_be
    assert status in seen
    assert advice in what_now


def test_a_deleted_state_machine_is_found(site, found):
    assert found(state_machine.check)[0][0] == "ok"
    site.outputs["StateMachineArn"] += "-gone"
    [(status, seen, what_now)] = found(state_machine.check)
    assert (status, seen.endswith("-gone is not there")) == ("fail", True)
    assert BESIDE in what_now


def test_a_function_that_is_gone_is_named(site, found, local_aws):
    name = site.physical_id("TriageFailure")
    awslambda = local_aws.client("lambda")
    awslambda.delete_function(FunctionName=name)
    assert [(status, seen) for status, seen, _ in found(functions.check)] == [
        ("fail", f"TriageFailure ({name}) is not there")
    ]


def test_a_role_that_is_gone_or_trusts_another_service_is_named(site, found, local_aws):
    iam = local_aws.client("iam")
    job, rule = site.physical_id("JobRole"), site.physical_id("UploadRuleRole")
    trust = iam.get_role(RoleName=job)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=job, PolicyDocument=json.dumps(trusting("lambda")))
    [policy] = iam.list_role_policies(RoleName=rule)["PolicyNames"]
    iam.delete_role_policy(RoleName=rule, PolicyName=policy)
    iam.delete_role(RoleName=rule)
    seen = {seen for status, seen, what_now in found(roles.check) if status == "fail" and BESIDE in what_now}
    assert seen == {
        f"sagemaker.amazonaws.com may not assume JobRole ({job})",
        f"the role UploadRuleRole ({rule}) is not there",
    }
    iam.update_assume_role_policy(RoleName=job, PolicyDocument=json.dumps(trust))


def test_functions_that_name_no_image_and_no_code_are_found(site, found, local_aws):
    name = site.physical_id("Prepare")
    awslambda = local_aws.client("lambda")
    before = awslambda.get_function_configuration(FunctionName=name)["Environment"]
    assert {status for status, _, _ in found(images.check)} == {"not checked"}
    awslambda.update_function_configuration(FunctionName=name, Environment={"Variables": {"PROCESSING_IMAGE": "nginx"}})
    assert [(status, seen) for status, seen, _ in found(images.check)][:2] == [
        ("fail", "the processing image is nginx"),
        ("fail", "the training image is not named"),
    ]
    assert found(code.check) == [
        ("fail", "Prepare names no job scripts", "deploy this version of the template"),
    ]
    awslambda.update_function_configuration(FunctionName=name, Environment=before)


def test_job_scripts_that_are_gone_are_found(site, found, local_aws):
    s3 = local_aws.client("s3")
    [(status, seen, _)] = found(code.check)
    assert status == "ok"
    key = seen.partition("s3://doctor-data/")[2]
    body = s3.get_object(Bucket="doctor-data", Key=key)["Body"].read()
    s3.delete_object(Bucket="doctor-data", Key=key)
    [(status, seen, what_now)] = found(code.check)
    assert (status, seen) == ("fail", f"the job scripts s3://doctor-data/{key} are gone")
    assert "publish them" in what_now
    s3.put_object(Bucket="doctor-data", Key=key, Body=body)


def test_a_bucket_that_tells_nobody_of_uploads_is_found_with_the_command_that_mends_it(site, found, local_aws):
    s3 = local_aws.client("s3")
    s3.put_bucket_notification_configuration(Bucket="doctor-data", NotificationConfiguration={})
    [(status, seen, what_now)] = found(bucket.check)
    assert (status, seen) == ("fail", "doctor-data does not tell EventBridge of uploads: none starts a run")
    wanted = json.loads(what_now.partition("--notification-configuration '")[2].rstrip("'"))
    s3.put_bucket_notification_configuration(Bucket="doctor-data", NotificationConfiguration=wanted)
    assert found(bucket.check) == [("ok", "doctor-data is there, and tells EventBridge of uploads", "")]


def test_a_bucket_that_is_gone_is_found(site, found):
    site.outputs["DataBucketName"] = "no-such-bucket"
    [(status, seen, what_now)] = found(bucket.check)
    assert (status, seen) == ("fail", "the data bucket no-such-bucket is not there")
    assert "aws s3 mb s3://no-such-bucket" in what_now


def test_an_upload_rule_that_is_off_or_starts_nothing_is_found(site, found, local_aws):
    events, rule = local_aws.client("events"), site.physical_id("UploadRule")
    events.disable_rule(Name=rule)
    [(status, _, what_now)] = found(uploads.check)
    assert (status, f"enable-rule --name {rule}" in what_now) == ("warn", True)
    events.enable_rule(Name=rule)
    assert found(uploads.check)[0][0] == "ok"
    site.outputs["StateMachineArn"] += "-other"
    assert found(uploads.check)[0][:2] == ("fail", f"the rule {rule} does not start the state machine")
    del site.resources["UploadRule"]
    site.resources["UploadRule"] = type(site.resources["JobRole"])("AWS::Events::Rule", "no-such-rule")
    assert found(uploads.check)[0][:2] == ("fail", "the rule no-such-rule is not there")


def test_the_schedule_is_on_off_aimed_elsewhere_or_gone(site, found, command, local_aws):
    command.succeeds("schedule", "on")
    [(status, seen, _)] = found(schedule.check)
    assert (status, seen.startswith("on, rate(7 days); next: 20")) == ("ok", True)
    command.succeeds("schedule", "off")
    assert found(schedule.check)[0][0] == "warn"
    machine = site.outputs["StateMachineArn"]
    site.outputs["StateMachineArn"] = f"{machine}-other"
    assert found(schedule.check)[0][0] == "fail"
    site.outputs["StateMachineArn"] = machine
    scheduler = local_aws.client("scheduler")
    [listed] = [one for one in scheduler.list_schedules()["Schedules"] if "WeeklySchedule" in one["Name"]]
    scheduler.delete_schedule(Name=listed["Name"])
    [(status, seen, what_now)] = found(schedule.check)
    assert (status, seen) == ("fail", f"the schedule {listed['Name']} is not there")
    assert BESIDE in what_now


def test_a_stack_without_a_schedule_is_found(site, local_aws, command, tmp_path):
    deploy_text(local_aws, tmp_path, "Resources: {Topic: {Type: AWS::SNS::Topic}}", "no-schedule")
    other = replace(site, stack="no-schedule")
    other.outputs["StateMachineArn"] = site.outputs["StateMachineArn"]
    [finding] = schedule.check(other)
    assert (finding.status, finding.seen.split(":")[0]) == ("fail", "the stack no-schedule has no schedule")
    told = "the stack no-schedule (CREATE_COMPLETE) has no output StateMachineArn: see taproom doctor"
    assert told in command.fails("runs", "--stack", "no-schedule")


def test_reviews_are_files_and_not_folders(found, local_aws):
    s3 = local_aws.client("s3")
    s3.put_bucket_notification_configuration(Bucket="doctor-data", NotificationConfiguration={})
    s3.put_object(Bucket="doctor-data", Key="reviews/folder/", Body=b"")
    assert found(reviews.check)[0][0] == "warn"
    s3.put_object(Bucket="doctor-data", Key="reviews/folder/a.csv", Body=b"x")
    assert found(reviews.check) == [("ok", "there are files in s3://doctor-data/reviews/", "")]
    for key in ("reviews/folder/", "reviews/folder/a.csv"):
        s3.delete_object(Bucket="doctor-data", Key=key)
    wanted = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket="doctor-data", NotificationConfiguration=wanted)


def test_a_model_package_group_that_is_gone_is_named(site, found):
    assert found(registry.check) == [("ok", "taproom-retrieval and taproom-ranking are there", "")]
    site.outputs["RankingModelPackageGroupName"] = "no-such-group"
    [(status, seen, what_now)] = found(registry.check)
    assert (status, seen) == ("fail", "the model package group no-such-group is not there")
    assert what_now.endswith("--model-package-group-name no-such-group")


def test_a_table_of_runs_that_is_gone_is_found(site, found):
    assert found(runs_table.check) == [("ok", "taproom-runs is there", "")]
    site.resources["RunsTable"] = type(site.resources["JobRole"])("AWS::DynamoDB::Table", "no-such-table")
    assert found(runs_table.check)[0][:2] == ("fail", "the table no-such-table is not there")
    del site.resources["RunsTable"]
    assert found(runs_table.check)[0][:2] == ("fail", "the stack has no table of runs")


def test_a_topic_without_subscribers_or_that_is_gone_is_found(site, found, local_aws):
    ((status, seen, what_now),) = found(notifications.check)
    assert (status, seen.split(":")[0]) == ("warn", "nobody subscribes to the topic")
    topic = site.outputs["NotificationsTopicArn"]
    assert f"aws sns subscribe --topic-arn {topic} --protocol email" in what_now
    queue = f"arn:aws:sqs:{local_aws.region}:{local_aws.account_id}:somewhere"
    sns = local_aws.client("sns")
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)
    assert found(notifications.check) == [("ok", "confirmed subscriptions: 1", "")]
    sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])
    site.outputs["NotificationsTopicArn"] = topic + "-of-old"
    ((status, seen, what_now),) = found(notifications.check)
    assert (status, seen) == ("fail", f"the topic {topic}-of-old is not there")
    assert BESIDE in what_now
    del site.outputs["NotificationsTopicArn"]
    assert found(notifications.check)[0][:2] == ("fail", "the stack has no output NotificationsTopicArn")
