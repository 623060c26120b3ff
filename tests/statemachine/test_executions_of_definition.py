"""Whole executions of the rendered definition in moto's interpreter, with the tasks' outcomes given."""

from __future__ import annotations

import json

import pytest


def test_a_good_model_is_registered_and_the_output_says_why(interpreter):
    run = interpreter.execute(interpreter.outcomes(0.75))
    assert run.succeeded, run
    assert run.visited[-1] == "Finished"
    (result,) = run.output["Models"]
    assert result == {
        "Model": "Retrieval",
        "Status": "Registered",
        "Reason": "top-500 accuracy 0.75 reaches AccuracyTop500Threshold 0.5",
        "Metrics": {"accuracy": 0.75},
        "EvaluationUri": "s3://e",
        "ModelPackageArn": "arn:m/1",
        "ModelPackageVersion": 1,
        "ModelApprovalStatus": "Approved",
    }
    (asked,) = run.requests["RegisterModelRetrieval"]
    assert asked["Payload"]["ModelDataUrl"].endswith("/output/model.tar.gz")
    assert asked["Payload"]["Execution"] == {
        "Id": "arn:aws:states:us-east-1:123456789012:execution:taproom:weekly",
        "Name": "weekly",
        "StartTime": "2025-01-06T06:00:00.000Z",
    }


@pytest.mark.parametrize(("accuracy", "status"), [(0.5, "Registered"), (0.4999, "Rejected"), (1, "Registered")])
def test_only_what_is_under_the_threshold_is_refused(interpreter, accuracy, status):
    run = interpreter.execute(interpreter.outcomes(accuracy))
    assert run.succeeded
    assert run.output["Models"][0]["Status"] == status
    assert ("RegisterModelRetrieval" in run.visited) == (status == "Registered")


def test_a_model_below_the_threshold_ends_green_with_its_reason(interpreter):
    run = interpreter.execute(interpreter.outcomes(0.481))
    assert run.succeeded
    assert run.output["Models"][0]["Reason"] == "top-500 accuracy 0.481 is below AccuracyTop500Threshold 0.5"
    assert "ModelPackageArn" not in run.output["Models"][0]


def test_no_reviews_ends_before_any_job(interpreter):
    nothing = {"schema_version": 1, "Found": False, "Reason": "no reviews yet"}  # and no plan of any job
    run = interpreter.execute({"Prepare": [interpreter.answers(**nothing)]})
    assert run.succeeded
    assert run.visited == ["Prepare", "ReviewsFound?", "NoData"]
    assert run.output["Prepare"]["Reason"] == "no reviews yet"


def test_prepare_gets_the_whole_input(interpreter):
    given = {"DefaultInput": {"TrainingEpochs": 3}, "Trigger": {"Bucket": "b", "Key": "k", "ETag": "e"}}
    run = interpreter.execute(interpreter.outcomes(), given=given)
    assert run.requests["Prepare"][0]["Input"] == given
    assert run.output["Trigger"] == given["Trigger"]


def test_bad_input_fails_at_prepare_with_its_own_error(interpreter):
    run = interpreter.execute({"Prepare": [interpreter.raises("InputError", "TrainingEpochs is 0")]})
    assert not run.succeeded
    assert (run.error, run.cause) == ("InputError", "TrainingEpochs is 0")


@pytest.mark.parametrize("job", ["TrainRetrieval", "EvaluateRetrieval"])
@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_a_final_failure_in_a_branch_ends_red_and_names_the_step(interpreter, job, how):
    stopped = interpreter.trained("Stopped") if job == "TrainRetrieval" else interpreter.processed("Stopped")
    outcome = interpreter.raises("JobFailed", "{}") if how == "failed" else stopped
    triage = interpreter.triaged(False, step=job)
    run = interpreter.execute(interpreter.outcomes(**{job: [outcome], f"Triage{job}": [triage]}))
    assert not run.succeeded
    assert run.visited[-1] == "ModelsFailed"
    assert run.error == "ModelsFailed"
    (told,) = json.loads(run.cause)
    assert (told["Model"], told["Step"], told["Status"]) == ("Retrieval", job, "Failed")
    assert (told["Error"], told["Cause"], told["JobName"]) == ("AlgorithmError", "it said {} and 'no'", "t")
    assert "RegisterModelRetrieval" not in run.visited


@pytest.mark.parametrize("step", ["ParseEvaluationRetrieval", "RegisterModelRetrieval"])
def test_a_function_that_fails_in_a_branch_ends_red_and_names_the_step(interpreter, step):
    run = interpreter.execute(interpreter.outcomes(**{step: [interpreter.raises("EvaluationError", "no metric")]}))
    assert run.error == "ModelsFailed"
    (told,) = json.loads(run.cause)
    assert (told["Step"], told["Error"], told["Cause"]) == (step, "EvaluationError", "no metric")


def test_a_triage_that_fails_itself_is_named_too(interpreter):
    outcomes = {
        "TrainRetrieval": [interpreter.raises("JobFailed")],
        "TriageTrainRetrieval": [interpreter.raises("Lambda.Unknown", "out of memory")],
    }
    run = interpreter.execute(interpreter.outcomes(**outcomes))
    (told,) = json.loads(run.cause)
    assert (told["Step"], told["Error"]) == ("TriageTrainRetrieval", "Lambda.Unknown")


def test_a_final_failure_before_the_branches_fails_at_the_triage_task_so_that_redrive_works(interpreter):
    outcomes = {
        "Preprocess": [interpreter.raises("JobFailed", '{"FailureReason": "AlgorithmError: no column"}')],
        "TriagePreprocess": [interpreter.raises("JobFailed", "Preprocess: no column username")],
    }
    run = interpreter.execute(interpreter.outcomes(**outcomes))
    assert run.visited[-1] == "TriagePreprocess"
    assert (run.error, run.cause) == ("JobFailed", "Preprocess: no column username")
    assert run.requests["TriagePreprocess"][0]["Payload"]["Final"] == "Raise"


def test_a_triage_before_the_branches_that_answers_no_ends_red(interpreter):
    outcomes = {
        "Preprocess": [interpreter.raises("JobFailed")],
        "TriagePreprocess": [interpreter.triaged(False, step="Preprocess")],
    }
    run = interpreter.execute(interpreter.outcomes(**outcomes))
    assert run.visited[-1] == "PreprocessFailed"
    assert (run.error, run.cause) == ("AlgorithmError", "it said {} and 'no'")


@pytest.mark.parametrize("job", ["Preprocess", "TrainRetrieval", "EvaluateRetrieval"])
def test_each_round_of_a_job_has_a_name_of_its_own_and_triage_knows_the_round(interpreter, job):
    done, stopped = {
        "TrainRetrieval": (interpreter.trained(), interpreter.trained("Stopped")),
    }.get(job, (interpreter.processed(), interpreter.processed("Stopped")))
    outcomes = {
        job: [interpreter.raises("JobFailed", "CapacityError"), stopped, done],
        f"Triage{job}": [interpreter.triaged(True, 1, job), interpreter.triaged(True, 2, job)],
    }
    run = interpreter.execute(interpreter.outcomes(0.75, **outcomes), redrives=3)
    assert run.succeeded, run
    kind = "TrainingJobName" if job == "TrainRetrieval" else "ProcessingJobName"
    names = [request[kind] for request in run.requests[job]]
    stem = names[0].removesuffix("-0-0-3")
    assert names == [f"{stem}-0-0-3", f"{stem}-1-0-3", f"{stem}-2-0-3"]
    first, second = (request["Payload"] for request in run.requests[f"Triage{job}"])
    assert (first["Step"], first["Round"], first["RedriveCount"]) == (job, 0, 3)
    assert first["Failure"] == {"Error": "JobFailed", "Cause": "CapacityError"}
    assert second["Round"] == 1
    assert second["Failure"][kind.replace("Name", "Status")] == "Stopped"
    assert run.visited.count(f"Wait{job}") == 2
