"""Least privilege, tried: the runs of a deployed stack need what its roles are granted, all of it and nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.outcome import failures_of, model_results
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with, script
from tests.pipeline.grants import denied_without, grants_of, roles_of, without

pytestmark = pytest.mark.slow
LIMIT = 60.0  # seconds

# Grants that no call of these runs needs, each with its reason: (role, action, how the resource ends).
MISSING = "S3 tells whoever may not list that an object is forbidden where it is missing: needed where one is"
OTHERWISE = {
    (
        "RetrainingStateMachineRole",
        "sagemaker:StopTrainingJob",
        "training-job/*",
    ): "as StopProcessingJob, while it trains",
    ("RetrainingStateMachineRole", "sagemaker:ListTags", "training-job/*"): "when a create was answered ResourceInUse",
    (
        "RetrainingStateMachineRole",
        "sagemaker:ListTags",
        "processing-job/*",
    ): "when a create was answered ResourceInUse",
    ("JobRole", "s3:GetObject", "/checkpoints/*"): "a training that was interrupted goes on; the tiny one keeps none",
    ("JobRole", "s3:PutObject", "/checkpoints/*"): "as above; test_real_run's trainings keep some",
    ("TakeLeaseRole", "dynamodb:Query", "-runs"): "a holder that ended without CloseRun: it takes over what waits",
    ("TakeLeaseRole", "dynamodb:DeleteItem", "-runs"): "as above",
    ("ParseEvaluationRole", "s3:ListBucket", ""): MISSING,
    ("FindChampionRole", "s3:ListBucket", ""): MISSING,
    ("GateRole", "s3:ListBucket", ""): MISSING,
    ("RegisterModelRole", "s3:ListBucket", ""): MISSING,
    ("WatchFreshnessRole", "states:ListExecutions", ""): "models that are stale: it names the newest executions",
    ("WatchFreshnessRole", "sns:Publish", ""): "as above",
    **{
        (f"{name}Role", "sqs:SendMessage", ""): "what could not be delivered, or failed every time that it was tried"
        for name in (
            *("CloseRun", "RetakeLease", "WriteReport", "TellOutcome", "WatchFreshness"),
            *("RetrainingStateMachineWeeklySchedule", "WatchFreshnessDailySchedule"),
        )
    },
}


@pytest.fixture(scope="module")
def tiny_pipeline(tmp_path_factory):
    """As conftest's, with everything on: each function of the stack is asked."""
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    on = {"ReportState": "ENABLED", "NotificationState": "ENABLED"}
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock(skip_waits=True)) as aws:
        yield deployed(aws, folder / "template.yaml", ScheduleState="DISABLED", UploadDebounceSeconds="0", **on)


def until(look, what):
    deadline = time.monotonic() + LIMIT
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def running(pipeline, folder, go_on):
    """Upload reviews whose preprocessing waits for the file ``go_on``; returns the execution's ARN once it does."""
    known = {one["executionArn"] for one in pipeline.executions()}
    sagemaker = pipeline.aws.client("sagemaker")
    pipeline.put(f"reviews/{folder}/a.csv", script(until=str(go_on)))
    until(lambda: sagemaker.list_processing_jobs(StatusEquals="InProgress")["ProcessingJobSummaries"], "no job")
    (arn,) = {one["executionArn"] for one in pipeline.executions()} - known
    return arn


@dataclass(frozen=True)
class Played:
    """What was asked in some runs; ``roles`` are the stack's, by logical id."""

    aws: Any
    roles: dict[str, str]
    decisions: dict[Any, Any]


@pytest.fixture(scope="module")
def played(tiny_pipeline, tmp_path_factory):
    """The stack after a model with and one without a champion, a failed, a stopped, a redriven and a scheduled run."""
    aws, go_on = tiny_pipeline.aws, tmp_path_factory.mktemp("waits") / "go on"
    stepfunctions = aws.client("stepfunctions")
    first = tiny_pipeline.upload("reviews/first/a.csv", script())
    assert [one["Status"] for one in model_results(first.events)] == ["Registered", "Registered"], failures_of(first)

    second = running(tiny_pipeline, "second", go_on)
    coalesced = tiny_pipeline.upload("reviews/second/b.csv", script(preprocess="no good"))
    assert coalesced.status == "SUCCEEDED"
    known = {one["executionArn"] for one in tiny_pipeline.executions()}
    go_on.touch()
    assert tiny_pipeline.finished(second).status == "SUCCEEDED"
    (third,) = until(lambda: {one["executionArn"] for one in tiny_pipeline.executions()} - known, "no follow-up")
    tiny_pipeline.finished(third)
    aws.background.settle(LIMIT)

    failed = tiny_pipeline.upload("reviews/fails/a.csv", script(preprocess="these are no good"))
    assert failed.status == "FAILED"
    arn = failed.execution["executionArn"]
    aws.background.settle(LIMIT)
    holder = running(tiny_pipeline, "holds", go_on.with_name("never"))
    stepfunctions.redrive_execution(executionArn=arn)  # while another one has the lease
    assert tiny_pipeline.finished(arn).status == "ABORTED"
    stepfunctions.stop_execution(executionArn=holder)
    aws.background.settle(LIMIT)
    stepfunctions.redrive_execution(executionArn=arn)
    assert tiny_pipeline.finished(arn).status == "FAILED"
    aws.background.settle(LIMIT)

    known = {one["executionArn"] for one in tiny_pipeline.executions()}
    fire_the_schedule(aws.client("scheduler"))
    (scheduled,) = until(lambda: {one["executionArn"] for one in tiny_pipeline.executions()} - known, "no schedule")
    tiny_pipeline.finished(scheduled)
    aws.background.settle(LIMIT)
    return Played(aws, roles_of(aws), aws.authorizer.record.all())


def fire_the_schedule(scheduler):
    """A rate that is new fires at once."""
    (one,) = [one for one in scheduler.list_schedules()["Schedules"] if "WeeklySchedule" in one["Name"]]
    schedule = scheduler.get_schedule(Name=one["Name"])
    kept = {key: schedule[key] for key in ("Name", "Target", "FlexibleTimeWindow")}
    scheduler.update_schedule(**kept, ScheduleExpression="rate(8 days)", State="ENABLED")


def test_every_call_was_allowed(played):
    assert {asked: decision.why for asked, decision in played.decisions.items() if not decision.allowed} == {}


def test_every_role_of_the_stack_was_used_by_the_service_that_it_trusts(played):
    used = {(asked.role, asked.service) for asked in played.decisions}
    iam = played.aws.client("iam")
    for role, arn in played.roles.items():
        trust = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
        (trusted,) = [one["Principal"]["Service"] for one in trust["Statement"]]
        services = [trusted] if isinstance(trusted, str) else trusted
        assert any((arn, service) in used for service in services), role


def test_a_function_s_own_policy_let_its_rule_invoke_it(played):
    functions = [asked.role.partition(":function:")[2] for asked in played.decisions]
    invoked = {name.split("-")[1] for name in functions if name}
    assert {"CloseRun", "RetakeLease"} <= invoked


def test_without_any_one_grant_a_call_of_these_runs_would_be_denied(played):
    unused = {
        (grant.role, grant.action, grant.resource)
        for grant in grants_of(played.aws, played.roles)
        if not denied_without(grant, played.roles[grant.role], played.aws, played.decisions)
    }
    explained = {one: key for one in unused for key in OTHERWISE if one[:2] == key[:2] and one[2].endswith(key[2])}
    assert sorted(unused - set(explained)) == [], "granted, and nothing needs it"
    assert set(OTHERWISE) - set(explained.values()) == set(), "explained, but needed or no longer granted"


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("TakeLeaseRole", "dynamodb:PutItem"),
        ("RetrainingStateMachineRole", "iam:PassRole"),
        pytest.param("RetrainingStateMachineRole", "lambda:InvokeFunction", marks=pytest.mark.long),
        pytest.param("RetrainingStateMachineRole", "sagemaker:AddTags", marks=pytest.mark.long),
        pytest.param("PrepareRole", "s3:ListBucket", marks=pytest.mark.long),
        pytest.param("JobRole", "s3:GetObject", marks=pytest.mark.long),
        pytest.param("JobRole", "s3:PutObject", marks=pytest.mark.long),
        pytest.param("JobRole", "ecr:BatchGetImage", marks=pytest.mark.long),
        pytest.param("RegisterModelRole", "sagemaker:CreateModelPackage", marks=pytest.mark.long),
    ],
)
def test_a_run_without_a_grant_fails_and_says_which(tiny_pipeline, role, action):
    arn = roles_of(tiny_pipeline.aws)[role]
    with without(tiny_pipeline.aws, arn, action):
        failed = tiny_pipeline.upload(f"reviews/without/{role}/{action.replace(':', '-')}.csv", script())
    assert failed.status == "FAILED"
    told = failed.execution["cause"]
    assert f"assumed-role/{arn.rpartition('/')[2]}/" in told
    assert f"is not authorized to perform: {action} on resource: " in told
