"""Failures, and the command that goes on after each."""

from __future__ import annotations

import pytest

from taproom.outcome import failures_of
from tests.taproom.histories import ARN, History, taken

RERUN = f"taproom rerun {ARN.format('second')}"


def failed_branch(**more):
    result = {"Model": "Retrieval", "Status": "Failed", "Step": "TrainRetrieval", "Error": "JobFailed", "Cause": "no"}
    models = [result | more, {"Model": "Ranking", "Status": "Registered", "Reason": "good"}]
    return taken().passed("Models", kind="Parallel", Models=models).add("ExecutionFailed")


def failed_task(name, error, status="FAILED"):
    history = taken().add("TaskStateEntered", name=name, input="{}").add("TaskFailed", error=error, cause="why")
    return failures_of(history.add("ExecutionFailed").snapshot(status, error=error, cause="why"))


def test_a_failed_branch_is_rerun_as_its_result_says():
    (failure,) = failures_of(failed_branch(Rerun=RERUN).snapshot("FAILED", error="ModelsFailed"))
    assert (failure.step, failure.error, failure.what_now) == ("TrainRetrieval", "JobFailed", RERUN)


def test_a_failed_branch_of_the_older_form_is_rerun_by_name():
    (failure,) = failures_of(failed_branch().snapshot("FAILED", error="ModelsFailed"))
    assert failure.what_now == "taproom rerun second"


@pytest.mark.parametrize(
    ("step", "error", "what_now"),
    [
        ("Preprocess", "JobFailed", "taproom redrive second"),
        ("TriagePreprocess", "AwsUnavailable", "taproom redrive second"),
        ("Prepare", "AwsUnavailable", "taproom redrive second"),
        ("RecordPreprocess", "OutputBroken", "taproom rerun second"),
        ("TakeLease", "InvalidInput", ""),
        ("Prepare", "NoReviews", ""),
        ("Prepare", "OverBudget", ""),
    ],
)
def test_before_the_branches_it_is_redriven_unless_that_cannot_help(step, error, what_now):
    (failure,) = failed_task(step, error)
    assert (failure.step, failure.error, failure.cause, failure.what_now) == (step, error, "why", what_now)


def test_what_a_job_failed_with_is_told_as_its_own_failure_not_that_of_the_triage():
    history = taken().add("TaskStateEntered", 1.0, name="TriagePreprocess", input="{}")
    history.add("TaskFailed", error="JobFailed", cause="Preprocess: no column username")
    history.add("ExecutionFailed", error="JobFailed", cause="Preprocess: no column username")
    (failure,) = failures_of(history.snapshot("FAILED", error="JobFailed", cause="Preprocess: no column username"))
    assert (failure.step, failure.cause) == ("Preprocess", "no column username")


def test_a_redrive_that_was_ended_for_another_run_is_told_as_that():
    cause = f"{ARN.format('other')} is running: redrive second again when it has ended"
    history = taken().add("TaskStateEntered", name="Prepare", input="{}").add("ExecutionAborted")
    (failure,) = failures_of(history.snapshot("ABORTED", error="LeaseHeld", cause=cause))
    assert (failure.step, failure.error, failure.cause) == ("Redrive", "LeaseHeld", cause)
    assert failure.what_now == "taproom redrive second"


def test_bookkeeping_that_failed_and_was_caught_is_not_the_failure():
    history = taken().add("TaskStateEntered", 1.0, name="LookUpEvaluateRetrieval", input="{}")
    history.add("TaskFailed", error="AwsUnavailable", cause="throttled")
    history.add("TaskStateExited", 1.0, name="LookUpEvaluateRetrieval", output="{}")
    history.add("TaskStateEntered", 1.0, name="Preprocess", input="{}").add("ExecutionAborted")
    (failure,) = failures_of(history.snapshot("ABORTED", error="Stopped"))
    assert failure.step == "Preprocess"


def test_an_execution_that_failed_before_any_state_is_told():
    (failure,) = failures_of(History().add("ExecutionFailed").snapshot("FAILED", error="States.Runtime", cause="no"))
    assert (failure.step, failure.error) == ("?", "States.Runtime")
