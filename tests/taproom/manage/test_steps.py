"""Which jobs and requests belong to a step, by histories in AWS's own shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from taproom.executions import ExecutionError
from taproom.manage.logs import Line, readable
from taproom.manage.steps import FunctionStep, JobStep, events_of, jobs_of, request_ids_of, step_of

DEFINITION = {
    "States": {
        "Prepare": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:taproom-Prepare-1"},
        "Preprocess": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync"},
        "Models": {
            "Type": "Parallel",
            "Branches": [
                {
                    "States": {
                        "TrainRanking": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                        },
                        "GateRanking": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::lambda:invoke",
                            "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:1:function:taproom-Gate-2:live"},
                        },
                    }
                }
            ],
        },
        "Done": {"Type": "Succeed"},
    }
}
ASKED = "3f1b2c44-0a52-4f6e-9d5c-9a3b7c1d2e01"
FAILED = "3f1b2c44-0a52-4f6e-9d5c-9a3b7c1d2e02"
OTHERS = "3f1b2c44-0a52-4f6e-9d5c-9a3b7c1d2e03"


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("Prepare", FunctionStep("Prepare", "taproom-Prepare-1")),
        ("Preprocess", JobStep("Preprocess", "Processing")),
        ("TrainRanking", JobStep("TrainRanking", "Training")),
        ("GateRanking", FunctionStep("GateRanking", "taproom-Gate-2")),
    ],
)
def test_a_step_is_a_job_or_a_function_by_its_resource(name, step):
    assert step_of(DEFINITION, name) == step


def test_what_has_no_logs_is_refused():
    with pytest.raises(ExecutionError, match=r"no step Done has logs\. These have: Prepare, Preprocess, TrainR"):
        step_of(DEFINITION, "Done")
    assert JobStep("x", "Training").log_group == "/aws/sagemaker/TrainingJobs"
    assert JobStep("x", "Processing").log_group == "/aws/sagemaker/ProcessingJobs"


def entered(number, before, name):
    return {
        "id": number,
        "previousEventId": before,
        "type": "TaskStateEntered",
        "stateEnteredEventDetails": {"name": name, "input": json.dumps({"earlier": {"requestId": OTHERS}})},
    }


def event(number, before, kind, **details):
    return {"id": number, "previousEventId": before, "type": kind, f"{kind[0].lower()}{kind[1:]}EventDetails": details}


def scheduled(number, before, job):
    return event(number, before, "TaskScheduled", parameters=json.dumps({"TrainingJobName": job}))


def test_a_branch_s_events_are_its_own_however_they_interleave():
    events = [
        entered(1, 0, "TrainRetrieval"),
        entered(2, 0, "TrainRanking"),
        scheduled(3, 1, "retrieval-0"),
        scheduled(4, 2, "ranking-0"),
        event(5, 4, "TaskFailed", error="SageMaker.AmazonSageMakerException", cause="{}"),
        scheduled(6, 5, "ranking-1"),
        scheduled(7, 6, "ranking-1"),
    ]
    assert jobs_of(events_of(events, "TrainRanking")) == ["ranking-0", "ranking-1"]
    assert jobs_of(events_of(events, "TrainRetrieval")) == ["retrieval-0"]
    assert jobs_of(events_of(events, "Prepare")) == []


def test_requests_are_told_by_answers_and_by_causes_and_not_by_what_a_state_was_given():
    answer = {
        "ExecutedVersion": "$LATEST",
        "Payload": {"Passed": True},
        "SdkHttpMetadata": {"AllHttpHeaders": {"x-amzn-RequestId": [ASKED]}, "HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": ASKED},
        "StatusCode": 200,
    }
    cause = {"errorMessage": f"RequestId: {FAILED} Error: Task timed out after 60.00 seconds", "errorType": "x"}
    events = [
        entered(1, 0, "GateRanking"),
        event(2, 1, "TaskFailed", error="Sandbox.Timedout", cause=json.dumps(cause)),
        event(3, 2, "TaskSucceeded", output=json.dumps(answer)),
    ]
    assert request_ids_of(events) == {ASKED, FAILED}


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("epoch\t1", "epoch   1"),
        (
            '{"level": "INFO", "message": "decided", "service": "taproom", "passed": true, "refused_by": ["a"]}',
            'INFO  decided  passed=true  refused_by=["a"]',
        ),
        (
            '{"log_level": "ERROR", "errorType": "ValueError", "errorMessage": "no", "stackTrace": []}',
            "ERROR  ValueError: no",
        ),
        ('{"accuracy": 1}', '{"accuracy": 1}'),
        ("[1]", "[1]"),
    ],
)
def test_a_line_is_readable(message, shown):
    line = Line(datetime(2026, 1, 5, 12, 0, 7, tzinfo=UTC), "job", message, "1")
    assert readable(line) == f"12:00:07  {shown}"
