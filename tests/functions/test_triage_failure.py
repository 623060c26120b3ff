from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.failure import JobFailed, JobStopped, read_failure, triage

NAME = "train-retrieval-monday-run-0123456789ab-0-0-0"
CAPACITY = "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different instance."
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
SCRIPT = "AlgorithmError: framework error: \nCapacityError: my own words, exit code: 1"
THROTTLED = (
    "Rate exceeded (Service: AmazonSageMaker; Status Code: 400; Error Code: ThrottlingException; "
    "Request ID: 6c1f; Proxy: null)"
)
QUOTA = (
    "The account-level service limit 'ml.g5.xlarge for training job usage' is {} Instances, with current utilization "
    "of {} Instances and a request delta of 1 Instances. (Service: AmazonSageMaker; Status Code: 400; Error Code: "
    "ResourceLimitExceeded; Request ID: 6c1f)"
)


def training(reason, name=NAME, status="Failed", **more):
    return {"TrainingJobName": name, "TrainingJobStatus": status, "FailureReason": reason, **more}


def processing(reason, message, name="preprocess-x-0123456789ab-0-0-0", status="Failed"):
    job = {"ProcessingJobName": name, "ProcessingJobStatus": status, "FailureReason": reason}
    return job | ({"ExitMessage": message} if message else {})


def caught(job):
    return {"Error": "States.TaskFailed", "Cause": json.dumps(job)}


def refused(cause, error="SageMaker.AmazonSageMakerException"):
    return {"Error": error, "Cause": cause}


def ask(failure, round_number=0, redrive=0, final="Return", step="TrainRetrieval"):
    return {"Step": step, "Round": round_number, "Failure": failure, "RedriveCount": redrive, "Final": final}


PASSING = {
    "no capacity": caught(training(CAPACITY)),
    "internal error": caught(training(INTERNAL)),
    "processing without capacity": caught(processing(CAPACITY, None)),
    "throttled": refused(THROTTLED),
    "throttled by name": refused("Rate exceeded", "SageMaker.ThrottlingException"),
    "status 500": refused("null (Service: AmazonSageMaker; Status Code: 500; Error Code: InternalFailure)"),
    "status 503": refused("x (Service: AmazonSageMaker; Status Code: 503; Error Code: ServiceUnavailable)"),
    "quota in use": refused(QUOTA.format(2, 2), "SageMaker.ResourceLimitExceededException"),
    "quota of ten": refused(QUOTA.format(10, 10), "SageMaker.ResourceLimitExceededException"),
}
CUT_OFF = json.dumps(training("AlgorithmError: throttled by my own code"))[:-5]
FINAL = {
    "script": caught(training(SCRIPT)),
    "client error": caught(training("ClientError: Data download failed: Rate exceeded")),
    "processing script": caught(processing("AlgorithmError: See job logs", "CapacityError: says the script")),
    "no reason": caught({"TrainingJobName": NAME, "TrainingJobStatus": "Failed"}),
    "stopped": training("", status="Stopped"),
    "stopped and caught": caught(training("", status="Stopped")),
    "cut off answer": {
        "Error": "States.TaskFailed",
        "Cause": json.dumps(training("AlgorithmError: throttled by my own code"))[:-5],
    },
    "quota of nothing": refused(QUOTA.format(0, 0), "SageMaker.ResourceLimitExceededException"),
    "refused request": refused("1 validation error detected: Value 'x' (Status Code: 400; ValidationException)"),
    "no permission": refused("User is not authorized (Status Code: 400; Error Code: AccessDeniedException)"),
    "timeout": {"Error": "States.Timeout", "Cause": ""},
    "timeout without cause": {"Error": "States.Timeout"},
}


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
def test_what_sagemaker_could_not_do_goes_round_again_but_not_forever(call, failure):
    rounds, waits = [0], []
    while (answer := call("triage_failure", ask(failure, rounds[-1])))["Retry"]:
        rounds.append(answer["Round"])
        waits.append(answer["WaitSeconds"])
        assert len(rounds) < 10
    assert rounds == [0, 1, 2, 3]
    for wait, nominal in zip(waits, (60, 120, 240), strict=True):
        assert nominal * 0.8 <= wait <= nominal * 1.2
        assert isinstance(wait, int)


@pytest.mark.parametrize("failure", FINAL.values(), ids=FINAL)
@pytest.mark.parametrize("round_number", [0, 1, 2])
def test_everything_else_is_final(call, failure, round_number):
    answer = call("triage_failure", ask(failure, round_number))
    assert answer["Retry"] is False
    assert answer["WaitSeconds"] == 0
    assert answer["Cause"].startswith("TrainRetrieval: ")
    with pytest.raises(JobFailed):
        call("triage_failure", ask(failure, round_number, final="Raise"))


def test_the_cause_is_the_scripts_own_message(call):
    job = processing("AlgorithmError: See job logs for more information", "a.csv has no column 'username'\n")
    with pytest.raises(JobFailed) as raised:
        call("triage_failure", ask(caught(job), final="Raise", step="Preprocess"))
    assert str(raised.value) == f"Preprocess: job {job['ProcessingJobName']} failed: a.csv has no column 'username'"
    answer = call("triage_failure", ask(caught(training("AlgorithmError: no gradient"))))
    assert answer == {
        "Retry": False,
        "Round": 0,
        "WaitSeconds": 0,
        "Step": "TrainRetrieval",
        "Error": "JobFailed",
        "Cause": f"TrainRetrieval: job {NAME} failed: AlgorithmError: no gradient",
        "JobName": NAME,
    }


def test_a_stopped_job_is_told_as_such(call):
    as_seen = {"ProcessingJobName": "preprocess-x-0-0-0", "ProcessingJobArn": "arn", "ProcessingJobStatus": "Stopped"}
    answer = call("triage_failure", ask(as_seen, step="Preprocess"))
    assert (answer["Error"], answer["JobName"]) == ("JobStopped", "preprocess-x-0-0-0")
    assert "was stopped" in answer["Cause"]
    with pytest.raises(JobStopped):
        call("triage_failure", ask(as_seen, final="Raise", step="Preprocess"))


def test_a_quota_is_told_in_sagemakers_words(call):
    answer = call("triage_failure", ask(refused(QUOTA.format(0, 0), "SageMaker.ResourceLimitExceededException")))
    assert answer["Error"] == "SageMaker.ResourceLimitExceededException"
    assert "ml.g5.xlarge for training job usage' is 0 Instances" in answer["Cause"]
    assert answer["JobName"] == ""


def job_named(round_number, redrive):
    return caught(training(SCRIPT, name=f"train-retrieval-2026-11-12-{round_number}-0-{redrive}"))


def test_after_a_redrive_a_job_that_failed_before_it_runs_again_at_once(call):
    answer = call("triage_failure", ask(job_named(0, 0), redrive=1, final="Raise"))
    assert (answer["Retry"], answer["WaitSeconds"]) == (True, 0)
    with pytest.raises(JobFailed):  # the redriven job fails in the same way: that is final until the next redrive
        call("triage_failure", ask(job_named(answer["Round"], 1), answer["Round"], redrive=1, final="Raise"))
    assert call("triage_failure", ask(job_named(answer["Round"], 1), answer["Round"], redrive=2, final="Raise"))[
        "Retry"
    ]


def test_a_redrive_in_a_branch_does_not_run_a_failed_script_again(call):
    assert call("triage_failure", ask(job_named(0, 0), redrive=1, final="Return"))["Retry"] is False


def test_after_a_redrive_a_refused_call_is_made_again_once_and_then_in_rounds(call):
    nothing = refused(QUOTA.format(0, 0), "SageMaker.ResourceLimitExceededException")
    answer = call("triage_failure", ask(nothing, redrive=1, final="Raise"))
    assert answer["Retry"] is True
    with pytest.raises(JobFailed):
        call("triage_failure", ask(nothing, answer["Round"], redrive=1, final="Raise"))
    # throttled for good, then redriven: all rounds are there again
    failure = read_failure("Preprocess", refused(THROTTLED))
    rounds = [3]
    while (decision := triage("Preprocess", rounds[-1], 1, failure, raised=True)).retry:
        rounds.append(decision.round)
    assert rounds == [3, 4, 5, 6, 7]


def test_waits_are_spread_by_the_jobs_name_and_do_not_change():
    def wait(name):
        return triage("T", 0, 0, read_failure("T", caught(training(CAPACITY, name=name))), raised=False).wait_seconds

    waits = {wait(f"train-{number}-0-0-0") for number in range(50)}
    assert len(waits) > 10
    assert wait("train-1-0-0-0") == wait("train-1-0-0-0")


def test_a_log_does_not_quote_the_script(call, logged):
    lines = logged("triage_failure")
    execution = {"Id": "arn:aws:states:eu-west-1:123456789012:execution:Retraining:x", "Name": "x"}
    failure = caught(training("AlgorithmError: user 'hopster77' wrote 'tasty'"))
    call("triage_failure", ask(failure) | {"Execution": execution})
    (triaged,) = [line for line in lines() if line["message"] == "triaged"]
    assert triaged["correlation_id"] == execution["Id"]
    assert "hopster77" not in json.dumps(lines())


VALUES = st.none() | st.text(max_size=2000) | st.integers() | st.lists(st.text(max_size=5), max_size=2)
JOB_KEYS = st.sampled_from(
    ["TrainingJobName", "ProcessingJobName", "TrainingJobStatus", "ProcessingJobStatus", "FailureReason", "ExitMessage"]
)
JOBS = st.dictionaries(JOB_KEYS, VALUES, max_size=6)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    JOBS | JOBS.map(caught) | st.builds(refused, VALUES, st.text(max_size=50)),
    st.integers(0, 50),
    st.integers(0, 20),
    st.booleans(),
)
def test_any_failure_is_read_and_bounded(failure, round_number, redrive, raised):
    read = read_failure("Step", failure)
    assert read.cause.startswith("Step: ")
    assert len(read.cause) <= 1024
    decision = triage("Step", round_number, redrive, read, raised=raised)
    assert 0 <= decision.wait_seconds <= 300
    if decision.retry and not read.passing:
        assert raised
        assert redrive > 0
