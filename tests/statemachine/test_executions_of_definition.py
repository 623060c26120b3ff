"""Whole executions of the rendered definition in moto's interpreter, with the tasks' outcomes given."""

from __future__ import annotations

import json

import pytest

JUDGED = {"Gate", "GateUri", "Metrics", "EvaluationUri", "Champion"}


def test_good_models_are_registered_and_the_output_says_why(interpreter):
    run = interpreter.execute(interpreter.outcomes())
    assert run.succeeded, run
    assert run.visited[-1] == "Finished"
    assert [result["Model"] for result in run.output["Models"]] == ["Retrieval", "Ranking"]
    for result in run.output["Models"]:
        model = result["Model"]
        assert (result["Status"], result["Reason"]) == ("Registered", "0.75 and 0.5")
        assert result["Gate"] == [{"Rule": "threshold", "Verdict": "passed", "Value": 0.75, "Limit": 0.5}]
        assert result["Metrics"] == {"accuracy": 0.75}
        assert (result["ModelPackageArn"], result["ModelPackageVersion"]) == ("arn:m/1", 1)
        assert set(result) >= JUDGED
        (asked,) = run.requests[f"RegisterModel{model}"]
        payload = asked["Payload"]
        assert payload["ModelDataUrl"] == f"s3://bucket/runs/weekly/models/{model.lower()}/t/output/model.tar.gz"
        assert payload["ParentVersion"] == "arn:m/0"
        assert payload["ManifestUri"] == "s3://bucket/runs/weekly/data/manifest.json"
        assert payload["Execution"].pop("Now") >= "2025-01-06T06:00:00.000Z"
        assert payload["Execution"] == {
            "Id": "arn:aws:states:us-east-1:123456789012:execution:taproom:weekly",
            "Name": "weekly",
            "StartTime": "2025-01-06T06:00:00.000Z",
        }


def test_a_refused_model_ends_green_with_its_reason_and_is_not_registered(interpreter):
    run = interpreter.execute(interpreter.outcomes(passed=False))
    assert run.succeeded
    for result in run.output["Models"]:
        assert (result["Status"], result["Reason"]) == ("Rejected", "0.75 and 0.5")
        assert set(result) >= JUDGED
        assert "ModelPackageArn" not in result
    assert not [name for name in run.visited if name.startswith("RegisterModel")]


def test_the_gate_gets_its_models_rules_and_place(interpreter):
    run = interpreter.execute(interpreter.outcomes())
    for model, threshold in (("Retrieval", 0.5), ("Ranking", None)):
        (asked,) = run.requests[f"Gate{model}"]
        assert asked["Payload"]["Rules"] == {"Threshold": threshold}
        assert asked["Payload"]["Model"] == model.lower()
        assert asked["Payload"]["OutputUri"] == f"s3://bucket/runs/weekly/gate/{model.lower()}/gate.json"
        assert asked["Payload"]["EvaluationUri"] == f"s3://e/{model.lower()}"


@pytest.mark.parametrize(("broken", "other"), [("Retrieval", "Ranking"), ("Ranking", "Retrieval")])
def test_a_model_whose_branch_fails_leaves_the_other_to_finish(interpreter, broken, other):
    outcomes = {f"Gate{broken}": [interpreter.raises("EvaluationInvalid", "$.a is missing")]}
    run = interpreter.execute(interpreter.outcomes(**outcomes))
    assert (run.succeeded, run.error) == (False, "ModelsFailed")
    assert f"RegisterModel{other}" in run.visited
    assert f"RegisterModel{broken}" not in run.visited
    (told,) = json.loads(run.cause)
    assert (told["Model"], told["Step"], told["Cause"]) == (broken, f"Gate{broken}", "$.a is missing")


def test_every_failed_branch_is_named(interpreter):
    outcomes = {
        "ParseEvaluationRetrieval": [interpreter.raises("EvaluationMissing", "no file")],
        "RegisterModelRanking": [interpreter.raises("ClientError", "denied")],
    }
    run = interpreter.execute(interpreter.outcomes(**outcomes))
    assert [told["Step"] for told in json.loads(run.cause)] == ["ParseEvaluationRetrieval", "RegisterModelRanking"]


def test_no_reviews_ends_before_any_job(interpreter):
    nothing = {"schema_version": 1, "Outcome": "NoReviews", "Reason": "no reviews yet"}  # and no plan of any job
    run = interpreter.execute({"TakeLease": [interpreter.leased()], "Prepare": [interpreter.answers(**nothing)]})
    assert run.succeeded
    assert run.visited == ["TakeLease", "LeaseTaken?", "Debounce", "Prepare", "AnythingToDo?", "NoData"]
    assert run.output["Prepare"]["Reason"] == "no reviews yet"


def test_nothing_new_ends_before_any_job_and_names_the_run_that_did_it(interpreter):
    nothing = {"schema_version": 1, "Outcome": "NothingNew", "Reason": "as last", "LastRun": {"ExecutionArn": "arn:l"}}
    run = interpreter.execute({"TakeLease": [interpreter.leased()], "Prepare": [interpreter.answers(**nothing)]})
    assert run.succeeded
    assert run.visited[-2:] == ["AnythingToDo?", "NoNewData"]
    assert run.output["Prepare"]["LastRun"] == {"ExecutionArn": "arn:l"}


def test_without_the_lease_it_ends_at_once_and_names_who_has_it(interpreter):
    run = interpreter.execute({"TakeLease": [interpreter.leased(taken=False)]})
    assert run.succeeded
    assert run.visited == ["TakeLease", "LeaseTaken?", "Coalesced"]
    assert run.output["TakeLease"]["Holder"] == "arn:holder"


def test_the_wait_is_as_long_as_the_lease_says(interpreter):
    """A wait that is no number of seconds is an error of the interpreter: it does read the path."""
    run = interpreter.execute(interpreter.outcomes(TakeLease=[interpreter.leased(wait="long")]))
    assert not run.succeeded
    assert run.visited[-1] == "Debounce"


HITS = {
    "Preprocess": {"Prefix": "s3://bucket/runs/earlier/data/"},
    "TrainRetrieval": {"ModelDataUrl": "s3://bucket/runs/earlier/model.tar.gz"},
    "EvaluateRetrieval": {"Prefix": "s3://bucket/runs/earlier/evaluation/"},
}


@pytest.mark.parametrize("step", HITS)
def test_a_hit_skips_the_job_and_hands_on_what_the_earlier_run_made(interpreter, step):
    run = interpreter.execute(interpreter.outcomes(**{f"LookUp{step}": [interpreter.found(**HITS[step])], step: []}))
    assert run.succeeded, run
    assert f"{step}Hit" in run.visited
    assert not {step, f"{step}Made", f"Record{step}"} & set(run.visited)
    asked = {name: requests[0].get("Payload") for name, requests in run.requests.items()}
    if step == "Preprocess":
        assert asked["RegisterModelRanking"]["ManifestUri"] == "s3://bucket/runs/earlier/data/manifest.json"
        (channel, _) = run.requests["TrainRanking"][0]["InputDataConfig"]
        assert channel["DataSource"]["S3DataSource"]["S3Uri"] == "s3://bucket/runs/earlier/data/train.parquet"
    elif step == "TrainRetrieval":
        for name in ("FindChampionRetrieval", "RegisterModelRetrieval"):
            assert asked[name]["ModelDataUrl"] == "s3://bucket/runs/earlier/model.tar.gz"
    else:
        assert asked["ParseEvaluationRetrieval"]["EvaluationUri"] == (
            "s3://bucket/runs/earlier/evaluation/evaluation.json"
        )


def test_a_run_whose_every_step_is_a_hit_starts_no_job(interpreter):
    steps = {step: HITS[step.replace("Ranking", "Retrieval")] for step in interpreter.steps}
    outcomes = {f"LookUp{step}": [interpreter.found(**output)] for step, output in steps.items()}
    run = interpreter.execute(interpreter.outcomes(**outcomes, **{step: [] for step in steps}))
    assert run.succeeded, run
    assert not set(steps) & set(run.requests)


@pytest.mark.parametrize("step", ["Preprocess", "TrainRanking", "EvaluateRetrieval"])
def test_a_look_up_that_fails_is_a_miss_and_a_recording_that_fails_is_forgone(interpreter, step):
    broken = [interpreter.raises("ClientError", "AccessDenied")]
    run = interpreter.execute(interpreter.outcomes(**{f"LookUp{step}": broken, f"Record{step}": list(broken)}))
    assert run.succeeded, run
    assert step in run.requests
    assert run.visited[-1] == "Finished"


def test_what_is_looked_up_is_what_is_recorded_and_holds_what_decides_the_output(interpreter):
    run = interpreter.execute(interpreter.outcomes())
    for step in interpreter.steps:
        (looked_up,), (recorded,) = run.requests[f"LookUp{step}"], run.requests[f"Record{step}"]
        asked, told = dict(looked_up["Payload"]), dict(recorded["Payload"])
        output = told.pop("Output")
        assert asked.pop("Execution")["Id"] == told.pop("Execution")["Id"]
        assert asked == told
        assert asked["Step"] == step
        assert asked["Code"] == "c"
        assert asked["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P30D"}
        assert asked["DocumentUri"] == f"s3://bucket/runs/weekly/cache/{step}.json"
        request = run.requests[step][0]
        if step.startswith("Train"):
            assert output == {
                "ModelDataUrl": f"s3://bucket/runs/weekly/models/{step.removeprefix('Train').lower()}/t/output/model.tar.gz"
            }
            assert asked["Attributes"]["HyperParameters"] == request["HyperParameters"]
            read = {one["ChannelName"]: one["DataSource"]["S3DataSource"] for one in request["InputDataConfig"]}
        else:
            assert output == {"Prefix": request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]}
            assert asked["Attributes"]["Arguments"] == request["AppSpecification"]["ContainerArguments"]
            assert asked["Attributes"]["Entrypoint"] == request["AppSpecification"]["ContainerEntrypoint"]
            read = {
                one["InputName"]: one["S3Input"] for one in request["ProcessingInputs"] if one["InputName"] != "code"
            }
        assert asked["Attributes"]["Environment"] == request["Environment"]
        assert {one["Name"]: (one["Uri"], one["Type"]) for one in asked["Inputs"]} == {
            name: (source["S3Uri"], source["S3DataType"]) for name, source in read.items()
        }
        assert "InstanceType" not in json.dumps(asked)


def test_a_broken_output_of_a_branch_is_its_result(interpreter):
    broken = interpreter.raises("OutputBroken", "model.tar.gz ends in the middle")
    run = interpreter.execute(interpreter.outcomes(RecordTrainRetrieval=[broken]))
    assert run.error == "ModelsFailed"
    (told,) = json.loads(run.cause)
    assert (told["Step"], told["Error"], told["Cause"]) == (
        *("RecordTrainRetrieval", "OutputBroken"),
        "model.tar.gz ends in the middle",
    )
    assert "EvaluateRetrieval" not in run.visited


def test_a_broken_output_before_the_branches_ends_red(interpreter):
    broken = interpreter.raises("OutputBroken", "train.parquet is missing")
    run = interpreter.execute(interpreter.outcomes(RecordPreprocess=[broken]))
    assert (run.error, run.cause, run.visited[-1]) == (
        *("OutputBroken", "train.parquet is missing"),
        "RecordPreprocessFailed",
    )


def test_a_run_that_cannot_be_remembered_has_still_finished(interpreter):
    run = interpreter.execute(interpreter.outcomes(RecordRun=[interpreter.raises("ClientError")]))
    assert (run.succeeded, run.visited[-1]) == (True, "Finished")


def test_a_run_of_which_a_model_failed_is_not_remembered_as_finished(interpreter):
    run = interpreter.execute(interpreter.outcomes(GateRanking=[interpreter.raises("EvaluationInvalid", "no")]))
    assert run.visited[-1] == "ModelsFailed"
    assert "RecordRun" not in run.visited


def test_a_failure_of_a_branch_says_how_to_go_on(interpreter):
    run = interpreter.execute(interpreter.outcomes(GateRanking=[interpreter.raises("EvaluationInvalid", "no")]))
    (told,) = json.loads(run.cause)
    assert told["Rerun"] == "taproom rerun arn:aws:states:us-east-1:123456789012:execution:taproom:weekly"


def test_a_timeout_before_the_branches_is_triaged_too_so_that_a_redrive_gets_a_new_name(interpreter):
    outcomes = {
        "Preprocess": [interpreter.raises("States.Timeout")],
        "TriagePreprocess": [interpreter.raises("JobFailed", "Preprocess: States.Timeout")],
    }
    run = interpreter.execute(interpreter.outcomes(**outcomes))
    assert run.visited[-1] == "TriagePreprocess"


def test_prepare_gets_the_whole_input(interpreter):
    given = {"DefaultInput": {"TrainingEpochs": 3}, "Trigger": {"Bucket": "b", "Key": "k", "ETag": "e"}}
    run = interpreter.execute(interpreter.outcomes(), given=given)
    assert run.requests["TakeLease"][0]["Input"] == run.requests["Prepare"][0]["Input"] == given
    assert run.output["Trigger"] == given["Trigger"]


def test_bad_input_fails_at_the_first_state_with_its_own_error(interpreter):
    run = interpreter.execute({"TakeLease": [interpreter.raises("InputError", "TrainingEpochs is 0")]})
    assert not run.succeeded
    assert run.visited == ["TakeLease"]
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


@pytest.mark.parametrize(
    "step", [f"{state}Retrieval" for state in ("FindChampion", "ParseEvaluation", "Gate", "RegisterModel")]
)
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
    run = interpreter.execute(interpreter.outcomes(**outcomes), redrives=3)
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
