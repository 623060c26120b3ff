"""`taproom schedule` on a local AWS, whose schedule really fires."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from taproom.manage.schedule import next_of
from tests.local.small_stacks import PASS_THROUGH, TRUST, deploy_text, eventually

TEMPLATE = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {json.dumps(TRUST)}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: !GetAtt Role.Arn
      Definition: {PASS_THROUGH}
      Events:
        Weekly:
          Type: ScheduleV2
          Properties:
            OmitName: true
            Description: Retrains regularly
            ScheduleExpression: rate(7 days)
            State: DISABLED
            FlexibleTimeWindow: {{Mode: "OFF"}}
            RetryPolicy: {{MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10}}
            Input: >-
              {{"Trigger": {{"Schedule": "<aws.scheduler.schedule-arn>", "Time": "<aws.scheduler.scheduled-time>"}}}}
Outputs:
  StateMachineArn:
    Value: !Ref Machine
"""


@pytest.fixture(scope="module")
def machine(local_aws, tmp_path_factory):
    local_aws.client("s3").create_bucket(Bucket="artifacts")
    return deploy_text(local_aws, tmp_path_factory.mktemp("stack"), TEMPLATE, "taproom")["StateMachineArn"]


@pytest.fixture
def schedule(local_aws, machine):
    """GetSchedule's answer, asked anew."""
    scheduler = local_aws.client("scheduler")

    def asked():
        [listed] = scheduler.list_schedules()["Schedules"]
        found = scheduler.get_schedule(Name=listed["Name"])
        return {key: value for key, value in found.items() if key != "ResponseMetadata"}

    return asked


def test_it_is_turned_on_and_off_and_nothing_else_of_it_changes(schedule, command):
    before = schedule()
    assert command.succeeds("schedule", "off").startswith("The schedule is off already: rate(7 days)\n")
    assert command.succeeds("schedule", "on").startswith("The schedule is on: rate(7 days)\nNext: ")
    changed = {key for key, value in schedule().items() if value != before.get(key)}
    assert changed == {"State", "LastModificationDate"}
    assert schedule()["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 10
    told = command.json("schedule", "off")
    assert (told["on"], told["changed"], told["next"]) == (False, True, None)
    assert "It stays off until" in command.succeeds("schedule")


def test_the_next_firing_counts_from_the_last_one_which_an_execution_tells(local_aws, machine, schedule, command):
    command.succeeds("schedule", "on")
    local_aws.clock.advance(7 * 24 * 3600)
    stepfunctions = local_aws.client("stepfunctions")
    [fired] = eventually(lambda: stepfunctions.list_executions(stateMachineArn=machine)["executions"])
    given = json.loads(stepfunctions.describe_execution(executionArn=fired["executionArn"])["input"])
    at = datetime.fromisoformat(given["Trigger"]["Time"])
    told = next_of(stepfunctions, machine, schedule(), at + timedelta(days=1))
    assert told.at == at + timedelta(days=7)
    assert told.why == f"it fired last at {at:%Y-%m-%d %H:%M UTC}"
    command.succeeds("schedule", "off")


class NoExecutions:
    def get_paginator(self, operation):
        assert operation == "list_executions"
        return self

    def paginate(self, **_):
        return [{"executions": []}]


BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)


def of(expression, **more):
    described = {"Arn": "arn:x", "State": "ENABLED", "ScheduleExpression": expression}
    return described | {"CreationDate": BEGIN, "LastModificationDate": BEGIN} | more


@pytest.mark.parametrize(
    ("described", "at", "why"),
    [
        (of("rate(7 days)"), BEGIN + timedelta(days=7), "counted from when it was made"),
        (of("rate(7 days)", LastModificationDate=BEGIN + timedelta(days=1)), BEGIN + timedelta(days=7), "about, as it"),
        (of("rate(7 days)", StartDate=BEGIN + timedelta(days=9)), BEGIN + timedelta(days=9), "by its expression"),
        (of("rate(7 days)", EndDate=BEGIN + timedelta(days=6)), None, "it fires no more"),
        (of("rate(7 days)", State="DISABLED"), None, "it is off"),
        (of("cron(0 12 ? * TUE *)"), BEGIN + timedelta(days=1), "by its expression"),
        (of("cron(0 12 L * ? *)"), None, "unknown: L in a cron expression"),
        (of("at(2026-01-01T00:00:00)"), None, "it fires no more"),
    ],
)
def test_how_the_next_firing_is_known_is_told(described, at, why):
    told = next_of(NoExecutions(), "arn:machine", described, BEGIN + timedelta(hours=1))
    assert told.at == at
    assert told.why.startswith(why)


def test_a_stack_without_a_schedule_is_named(command):
    assert "no stack elsewhere" in command.fails("schedule", "--stack", "elsewhere")


def test_a_deployment_that_changes_anything_of_it_gives_it_the_template_s_state_again(
    local_aws, command, schedule, tmp_path
):
    """So a schedule that was turned off by hand may come on with another expression: the pages say so."""
    command.succeeds("schedule", "on")
    deploy_text(local_aws, tmp_path, TEMPLATE, "taproom")
    assert schedule()["State"] == "ENABLED"
    deploy_text(local_aws, tmp_path, TEMPLATE.replace("rate(7 days)", "rate(8 days)"), "taproom")
    assert (schedule()["State"], schedule()["ScheduleExpression"]) == ("DISABLED", "rate(8 days)")
    deploy_text(local_aws, tmp_path, TEMPLATE, "taproom")
