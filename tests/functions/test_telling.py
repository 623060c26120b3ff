"""What people are told of each end, word for word."""

from __future__ import annotations

import json

import pytest
from rules.console import console_url
from rules.failure import read_failure
from rules.failure_told import told_cause
from rules.run_ending import read_ending
from rules.run_history import RunHistory, read_history
from rules.run_metrics import measurements_of
from rules.telling import Run, message_of

from tests.functions.histories_told import FAILED_BRANCH, RANKING, RETRIEVAL, ended
from tests.functions.test_run_history import two_jobs


def run_of(event, history=None):
    return Run(read_ending(event), history or RunHistory(), "brewery", "data")


def told_of(*args, at=(), **kwargs):
    return message_of(run_of(ended(*args, **kwargs), RunHistory(at=at)))


def test_a_run_that_registered_one_and_rejected_the_other():
    run = run_of(ended(output={"Models": [RETRIEVAL, RANKING]}), read_history(two_jobs().events))
    message = message_of(run)
    assert message.subject == "brewery: Registered retrieval version 3; Rejected ranking (week-46)"
    assert message.outcomes == ("Registered", "Rejected")
    arn = "arn:aws:states:eu-west-1:123456789012:execution:taproom:week-46"
    assert message.text.splitlines() == [
        "Registered retrieval version 3 (PendingManualApproval): "
        "accuracy 0.75000 (champion 0.74996, popularity 0.25000)",
        "  top-500 accuracy 0.7500 reaches AccuracyTop500Threshold 0.5",
        "Rejected ranking: rmse 0.7000 (bias 0.6000)",
        "  rule baseline: RMSE 0.7000 does not beat the bias baseline's 0.6000",
        "",
        "What to do",
        "  Approve retrieval version 3, once you have seen the report, with one of",
        "    taproom approve 3 --model retrieval --region eu-west-1 --stack brewery",
        "    aws sagemaker update-model-package --model-package-arn "
        "arn:aws:sagemaker:eu-west-1:123456789012:model-package/taproom-retrieval/3 "
        "--model-approval-status Approved --region eu-west-1",
        "  Rejected: see the report for what the rules saw. The version in use stays in use.",
        "",
        "Run      week-46 of brewery, 2026-11-12 06:00 UTC, 2 h 15 min long",
        "Report   s3://data/runs/week-46-ce26c388c34e/report.html",  # the first digits of sha256 of the execution's ARN
        f"Console  https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{arn}",
        "Cost     0.7000 USD of at most 5.50 USD, for 2520 billed seconds (prices of us-east-1, 2024-05)",
    ]


def test_a_version_that_is_approved_already_asks_for_nothing():
    message = told_of(output={"Models": [RETRIEVAL | {"ModelApprovalStatus": "Approved"}]})
    assert "approve" not in message.text
    assert "What to do" not in message.text
    assert message.outcomes == ("Registered",)


def test_an_output_that_was_too_large_for_the_event_is_taken_from_the_history():
    message = message_of(run_of(ended(), RunHistory(output={"Models": [RANKING]})))
    assert message.outcomes == ("Rejected",)


@pytest.mark.parametrize(
    "output",
    [
        {"TakeLease": {"Taken": False}},
        {"TakeLease": {"Taken": True}, "Prepare": {"Outcome": "NoReviews"}},
        {"TakeLease": {"Taken": True}, "Prepare": {"Outcome": "NothingNew"}},
        None,
    ],
)
def test_a_run_that_made_nothing_is_not_told(output):
    assert told_of(output=output) is None


def test_a_failed_branch_is_told_without_its_scripts_words():
    message = told_of("FAILED", error="ModelsFailed", cause=json.dumps([FAILED_BRANCH]))
    assert message.subject == "brewery: Failed at TrainRanking: JobFailed (week-46)"
    assert message.outcomes == ("Failed",)
    lines = message.text.splitlines()
    assert lines[0] == (
        "Failed at TrainRanking: JobFailed: its own words may quote data, so they are not in this message"
    )
    assert "  See why:  taproom watch week-46 --region eu-west-1 --stack brewery" in lines
    assert "  Its log:  taproom logs TrainRanking week-46 --region eu-west-1 --stack brewery" in lines
    assert "  Once the cause is removed, go on:  taproom rerun week-46 --region eu-west-1 --stack brewery" in lines
    assert "alice" not in message.text
    assert "bitter" not in message.text


@pytest.mark.parametrize(
    ("error", "cause", "first", "do"),
    [
        (
            "InvalidInput",
            json.dumps({"errorMessage": "TrainingEpochs: received -3", "errorType": "InvalidInput"}),
            "Failed at Prepare: InvalidInput: TrainingEpochs: received -3",
            "Correct what was refused, then start anew:  taproom start",
        ),
        (
            "EmptyReviewsFile",
            json.dumps({"errorMessage": "reviews/alice.csv is empty"}),
            "Failed at Prepare: EmptyReviewsFile: its own words may quote data, so they are not in this message",
            "Correct what was refused, then start anew:  taproom start",
        ),
        (
            "OutputBroken",
            json.dumps({"errorMessage": "Preprocess: s3://data/runs/a/ is broken: it ends too soon"}),
            "Failed at Prepare: OutputBroken: Preprocess: s3://data/runs/a/ is broken: it ends too soon",
            "Once the cause is removed, go on:  taproom rerun week-46",
        ),
        (
            "States.Timeout",
            "",
            "Failed at Prepare: States.Timeout: it did not end within the state's time limit",
            "Once the cause is removed, go on:  taproom redrive week-46",
        ),
        (
            "KeyError",
            json.dumps({"errorMessage": "'alice'"}),
            "Failed at Prepare: KeyError: its own words may quote data, so they are not in this message",
            "Once the cause is removed, go on:  taproom redrive week-46",
        ),
    ],
)
def test_a_failure_is_told_with_what_helps(error, cause, first, do):
    message = told_of("FAILED", error=error, cause=cause, at=("Prepare",))
    lines = message.text.splitlines()
    assert lines[0] == first
    assert f"  {do} --region eu-west-1 --stack brewery" in lines
    assert "alice" not in message.text


def test_a_preprocess_job_that_failed_is_told_by_its_own_name():
    cause = json.dumps({"errorMessage": "Preprocess: job preprocess-1 failed: CapacityError: no ml.m5.xlarge for now"})
    message = told_of("FAILED", error="JobFailed", cause=cause, at=("TriagePreprocess",))
    assert message.text.startswith(
        "Failed at Preprocess: JobFailed: Preprocess: job preprocess-1 failed: CapacityError: no ml.m5.xlarge for now\n"
    )
    assert "taproom logs Preprocess week-46" in message.text


def test_a_run_that_took_too_long():
    message = told_of("TIMED_OUT", at=("TrainRetrieval", "TrainRanking"))
    assert message.subject == "brewery: TimedOut at TrainRetrieval and TrainRanking (week-46)"
    assert message.text.startswith("Timed out at TrainRetrieval and TrainRanking: the run took longer")
    assert "taproom redrive week-46" in message.text
    assert message.outcomes == ("TimedOut",)


def test_a_run_that_was_stopped_by_hand_and_a_redrive_that_may_not_go_on():
    message = told_of("ABORTED", cause="wrong\nweek", at=("Preprocess",))
    assert message.text.startswith("Aborted at Preprocess: wrong\\nweek\n")
    assert message.outcomes == ("Aborted",)
    held = told_of("ABORTED", error="LeaseHeld", cause="week-47 is running: redrive week-46 again when it has ended")
    assert held.text.startswith("Aborted: week-47 is running")
    assert "When the other run has ended, go on:  taproom redrive week-46" in held.text


def test_a_name_is_quoted_for_the_shell():
    arn = "arn:aws:states:eu-west-1:123456789012:execution:taproom:it's"
    message = message_of(run_of(ended("ABORTED", arn=arn)))
    assert "taproom watch 'it'\"'\"'s' --region" in message.text


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_console(partition, region, host):
    arn = f"arn:{partition}:states:{region}:123456789012:execution:taproom:bräu"
    place = f"arn:{partition}:states:{region}:123456789012:execution:taproom:br%C3%A4u"
    assert console_url(arn) == f"https://{host}/states/home?region={region}#/v2/executions/details/{place}"


def test_cloudwatch_is_told_seconds_dollars_and_each_models_metric():
    run = run_of(ended(output={"Models": [RETRIEVAL, RANKING]}), read_history(two_jobs().events))
    assert [(one.unit, one.values, one.dimensions) for one in measurements_of(run)] == [
        ("Seconds", {"BilledSeconds": 2520.0}, {}),
        ("None", {"CostUsd": 0.7}, {}),
        ("Seconds", {"StepSeconds": 600.0}, {"Step": "Preprocess"}),
        ("Seconds", {"StepSeconds": 2520.0}, {"Step": "TrainRetrieval"}),
        (
            "None",
            {"Accuracy": 0.75, "ChampionAccuracy": 0.74996, "BaselineAccuracy": 0.25, "ModelVersion": 3},
            {"Model": "Retrieval", "Status": "Registered"},
        ),
        ("None", {"Rmse": 0.7, "BaselineRmse": 0.6}, {"Model": "Ranking", "Status": "Rejected"}),
    ]


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ({"SecondaryStatus": "MaxRuntimeExceeded"}, "it ran longer than its time limit"),
        ({"SecondaryStatus": "MaxWaitTimeExceeded"}, "raise MaxWaitInSeconds, or train without UseSpot"),
        ({"SecondaryStatus": "Stopped"}, "by a person, or because it ran longer than its time limit"),
    ],
)
def test_why_a_job_was_stopped_is_told_as_the_triage_words_it(why, told):
    job = {"TrainingJobName": "train-retrieval-1", "TrainingJobStatus": "Stopped", **why}
    failure = read_failure("TrainRetrieval", job)
    assert told_cause(failure.error, failure.cause).endswith(told)
