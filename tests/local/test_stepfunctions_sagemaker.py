"""Step Functions' SageMaker integration on the local AWS: what .sync gives, and what it does with failures."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.local.stepfunctions_sagemaker import passes
from tests.local.small_jobs import bucket, ended, processing_request, train, training_request
from tests.local.small_stacks import eventually, make_machine

SYNC = {kind: f"arn:aws:states:::sagemaker:create{kind}Job.sync" for kind in ("Training", "Processing")}
WAIT = "print('waiting', flush=True)\nimport threading; threading.Event().wait()"
FAIL = "import sys; sys.exit(5)"


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("states"), Clock(skip_waits=True)) as running:
        bucket(running)
        yield running


def start(aws, name, states, execution_input=None):
    definition = {"StartAt": next(iter(states)), "States": states}
    machine = make_machine(aws, name, json.dumps(definition))
    stepfunctions = aws.client("stepfunctions")
    text = json.dumps(execution_input or {})
    return stepfunctions.start_execution(stateMachineArn=machine, input=text)["executionArn"]


def finished(aws, arn):
    stepfunctions = aws.client("stepfunctions")

    def look():
        execution = stepfunctions.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    return eventually(look, within=30)


def run(aws, name, states, execution_input=None):
    return finished(aws, start(aws, name, states, execution_input))


def history(aws, execution):
    pages = aws.client("stepfunctions").get_execution_history(executionArn=execution["executionArn"], maxResults=1000)
    return [event["type"] for event in pages["events"]]


def task(kind, parameters, **more):
    return {"Type": "Task", "Resource": SYNC[kind], "Parameters": parameters, "End": True, **more}


def test_a_completed_job_gives_its_describe_answer(aws):
    request = training_request(aws, "sync-done", "print('hello')")
    execution = run(aws, "completed", {"Train": task("Training", request)})
    assert execution["status"] == "SUCCEEDED", execution
    answer = json.loads(execution["output"])
    assert answer["TrainingJobStatus"] == "Completed"
    assert answer["ModelArtifacts"]["S3ModelArtifacts"].endswith("/sync-done/output/model.tar.gz")
    assert answer["TrainingStartTime"] > 1_600_000_000_000  # milliseconds
    assert history(aws, execution)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_failed_job_fails_the_task_with_its_describe_answer(aws):
    execution = run(aws, "failed", {"Work": task("Processing", processing_request(aws, "sync-failed", FAIL))})
    assert execution["status"] == "FAILED"
    assert execution["error"] == "States.TaskFailed"
    cause = json.loads(execution["cause"])
    assert cause["ProcessingJobName"] == "sync-failed"
    assert "exit code: 5" in cause["FailureReason"]


def test_catch_gets_the_error_of_a_failed_job_and_of_a_refused_request(aws):
    train(aws, training_request(aws, "taken", "print('hello')"))
    for name, request, error in (
        ("caught-failed", training_request(aws, "caught-failed", FAIL), "States.TaskFailed"),
        ("caught-taken", training_request(aws, "taken", FAIL), "SageMaker.ResourceInUseException"),
    ):
        states = {
            "Train": task(
                "Training",
                request,
                Catch=[{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.Error", "Next": "Caught"}],
            ),
            "Caught": {"Type": "Pass", "End": True},
        }
        execution = run(aws, name, states)
        assert execution["status"] == "SUCCEEDED", execution
        caught = json.loads(execution["output"])["Error"]
        assert caught["Error"] == error
        if error != "States.TaskFailed":
            assert "Error Code: ResourceInUse; Request ID: " in caught["Cause"]


def test_a_refused_value_has_the_name_of_sagemakers_base_exception(aws):
    request = training_request(aws, "refused", "print('never')")
    request["ResourceConfig"]["InstanceType"] = "ml.nothing"
    execution = run(aws, "refused", {"Train": task("Training", request)})
    assert execution["error"] == "SageMaker.AmazonSageMakerException"
    assert "Error Code: ValidationException" in execution["cause"]
    assert "ml.nothing" in execution["cause"]


def test_parameters_of_another_structure_are_refused_before_sagemaker_is_asked(aws):
    request = training_request(aws, "misspelt", "print('never')")
    request["ResourceConfig"]["InstanceKind"] = request["ResourceConfig"].pop("InstanceType")
    del request["RoleArn"]
    execution = run(aws, "misspelt", {"Train": task("Training", request)})
    assert execution["error"] == "States.Runtime"
    assert 'The field "RoleArn" is required but was missing' in execution["cause"]
    assert 'The field "ResourceConfig.InstanceKind" is not supported by Step Functions' in execution["cause"]


def test_retry_counts_and_redrives_make_new_names(aws):
    """The first attempt is refused (its name is taken); the second has another name by its RetryCount."""
    train(aws, training_request(aws, "stem-0-0", "print('hello')"))
    request = training_request(aws, "unused", "print('hello')")
    del request["TrainingJobName"]
    name = "States.Format('stem-{}-{}', $$.State.RetryCount, $$.Execution.RedriveCount)"
    retry = {"ErrorEquals": ["SageMaker.ResourceInUseException"], "JitterStrategy": "FULL", "MaxDelaySeconds": 60}
    state = task("Training", {**request, "TrainingJobName.$": name}, Retry=[retry])
    execution = run(aws, "retried", {"Train": state})
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["TrainingJobName"] == "stem-1-0"


def test_a_state_out_of_time_stops_its_job(aws):
    request = processing_request(aws, "late", WAIT)
    execution = run(aws, "late", {"Work": task("Processing", request, TimeoutSeconds=1)})
    assert execution["status"] in ("FAILED", "TIMED_OUT")
    assert execution["error"] == "States.Timeout"
    assert ended(aws, "processing", "late")["ProcessingJobStatus"] == "Stopped"


def test_a_stopped_execution_stops_its_job(aws):
    arn = start(aws, "stop-me", {"Train": task("Training", training_request(aws, "stop-me", WAIT))})
    log = aws.root / "jobs" / "stop-me" / "log"
    eventually(lambda: log.exists() and "waiting" in log.read_text())
    aws.client("stepfunctions").stop_execution(executionArn=arn, error="Interrupted", cause="by hand")
    assert finished(aws, arn)["status"] == "ABORTED"
    assert ended(aws, "training", "stop-me")["TrainingJobStatus"] == "Stopped"


def test_waits_run_on_the_clock(aws):
    before = aws.clock.now()
    execution = run(aws, "waits", {"Wait": {"Type": "Wait", "Seconds": 86_400, "End": True}})
    assert execution["status"] == "SUCCEEDED"
    assert (aws.clock.now() - before).total_seconds() >= 86_400


def test_a_look_at_a_job_that_is_throttled_is_looked_again():
    assert passes(refusal("ThrottlingException", 400))
    assert passes(refusal("InternalFailure", 500))
    assert not passes(refusal("AccessDeniedException", 400))


def refusal(code, status):
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "DescribeTrainingJob")
