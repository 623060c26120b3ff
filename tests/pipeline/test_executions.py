"""Whole executions on the deployed stack, with jobs that do what the uploaded reviews say."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from taproom.collect import collect, job_names
from taproom.outcome import failures_of, model_results
from taproom.summary import print_failure
from tests.pipeline.deployed import AGAIN, evaluation, ranking_evaluation, script

pytestmark = pytest.mark.slow


def result_of(snapshot, model="Retrieval"):
    (result,) = [one for one in model_results(snapshot.events) if one["Model"] == model]
    return result


def test_an_upload_leads_to_a_registered_model(tiny_pipeline):
    before = len(tiny_pipeline.registered())
    snapshot = tiny_pipeline.upload("reviews/first/a.csv", script(evaluation=evaluation(0.75)))
    assert snapshot.status == "SUCCEEDED", failures_of(snapshot)
    result = result_of(snapshot)
    assert result["Status"] == "Registered"
    assert "0.75" in result["Reason"]
    (package,) = tiny_pipeline.registered()[: len(tiny_pipeline.registered()) - before]
    assert package["ModelPackageArn"] == result["ModelPackageArn"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert len(job_names(snapshot)) == 5
    ranking = result_of(snapshot, "Ranking")
    assert ranking["Status"] == "Registered"
    assert ranking["ModelPackageArn"] == tiny_pipeline.registered("Ranking")[0]["ModelPackageArn"]


def test_what_the_jobs_would_have_cost_is_collected_and_below_the_estimate(tiny_pipeline, tmp_path):
    snapshot = tiny_pipeline.upload("reviews/costs/a.csv", script())
    folder = collect(tiny_pipeline.aws.client, snapshot, tmp_path)
    costs = json.loads((folder / "costs.json").read_text())
    steps = ["Preprocess", "TrainRetrieval", "TrainRanking", "EvaluateRetrieval", "EvaluateRanking"]
    assert sorted(job["Step"] for job in costs["Jobs"]) == sorted(steps)
    assert {job["Status"] for job in costs["Jobs"]} == {"Completed"}
    assert {job["UsdPerHour"] for job in costs["Jobs"]} == {0.23, 0.461}
    assert 0 < costs["Usd"] < costs["AtMost"] == 13.364
    assert costs["Seconds"] == pytest.approx(sum(job["Seconds"] for job in costs["Jobs"]), abs=0.01)


def test_a_job_ends_at_the_limit_of_the_execution(tiny_pipeline):
    snapshot = start_on(tiny_pipeline, "limit", script(), MaxRuntimeInSeconds={"Preprocess": 77, "Train": 88})
    jobs = {name.split("-")[0]: name for name in job_names(snapshot)}
    sagemaker = tiny_pipeline.aws.client("sagemaker")
    preprocess = sagemaker.describe_processing_job(ProcessingJobName=jobs["preprocess"])
    train = sagemaker.describe_training_job(TrainingJobName=jobs["train"])
    assert preprocess["StoppingCondition"]["MaxRuntimeInSeconds"] == 77
    assert train["StoppingCondition"]["MaxRuntimeInSeconds"] == 88


def test_the_upload_names_the_folder_that_is_trained_on(tiny_pipeline):
    tiny_pipeline.put("reviews/other/never-read.txt", "not reviews")
    snapshot = tiny_pipeline.upload("reviews/second/a.csv", script(evaluation=evaluation()))
    trigger = json.loads(snapshot.execution["input"])["Trigger"]
    assert trigger["Key"] == "reviews/second/a.csv"
    assert set(trigger) == {"Bucket", "Key", "ETag"}
    prepared = json.loads(snapshot.execution["output"])["Prepare"]
    assert prepared["Parameters"]["InputData"] == f"s3://{tiny_pipeline.bucket}/reviews/second/"
    assert prepared["Reviews"]["Count"] == 1


def start_on(pipeline, folder, content, **parameters):
    """Reviews put where no rule looks at them twice: the rule's own execution is let finish, then one by hand."""
    pipeline.upload(f"reviews/{folder}/a.csv", content)
    return pipeline.start({"InputData": f"s3://{pipeline.bucket}/reviews/{folder}/", **AGAIN, **parameters})


@pytest.mark.parametrize(
    ("threshold", "status"),
    [(0.75, "Registered"), (0.7500001, "Rejected"), pytest.param(0.06, "Registered", marks=pytest.mark.long)],
)
def test_only_what_is_under_the_threshold_is_refused(tiny_pipeline, threshold, status):
    content = script(evaluation=evaluation(0.75))
    snapshot = start_on(tiny_pipeline, f"threshold-{threshold}", content, AccuracyTop500Threshold=threshold)
    registered = len(tiny_pipeline.registered())
    assert snapshot.status == "SUCCEEDED", failures_of(snapshot)
    result = result_of(snapshot)
    assert result["Status"] == status
    assert "0.75" in result["Reason"]
    assert str(threshold) in result["Reason"]
    assert tiny_pipeline.document(result["GateUri"])["passed"] is (status == "Registered")
    # the upload's own execution (threshold 0.5) registered one; this one registers another or none
    again = tiny_pipeline.start({"InputData": f"s3://{tiny_pipeline.bucket}/reviews/threshold-{threshold}/", **AGAIN})
    assert result_of(again)["Status"] == "Registered"
    assert len(tiny_pipeline.registered()) == registered + 1


def verdicts(result):
    return {rule["Rule"]: rule["Verdict"] for rule in result["Gate"]}


def test_a_model_that_a_random_one_would_equal_is_refused(tiny_pipeline):
    content = script(evaluation=evaluation(0.9, popularity=0.86, random=0.83))
    result = result_of(tiny_pipeline.upload("reviews/trivial/a.csv", content))
    assert (result["Status"], verdicts(result)["trivial"]) == ("Rejected", "failed")
    off = {"TrivialRule": "off", "InputData": f"s3://{tiny_pipeline.bucket}/reviews/trivial/"}
    assert result_of(tiny_pipeline.start(off))["Status"] == "Registered"
    # what follows is compared with a better champion than the other tests know
    newest = tiny_pipeline.registered()[0]["ModelPackageArn"]
    tiny_pipeline.aws.client("sagemaker").update_model_package(
        ModelPackageArn=newest, ModelApprovalStatus="Rejected", ApprovalDescription="of no use"
    )


def test_a_model_is_held_against_its_champion_on_the_same_test_set(tiny_pipeline):
    sagemaker = tiny_pipeline.aws.client("sagemaker")
    first = result_of(tiny_pipeline.upload("reviews/champion-1/a.csv", script(evaluation=evaluation(0.95))))
    assert first["Status"] == "Registered"
    sagemaker.update_model_package(ModelPackageArn=first["ModelPackageArn"], ModelApprovalStatus="Approved")
    worse = script(evaluation=evaluation(0.8), ranking_evaluation=ranking_evaluation(0.59))
    second = tiny_pipeline.upload("reviews/champion-2/a.csv", worse)
    assert second.status == "SUCCEEDED"
    for model, numbers in (("Retrieval", ("0.8", "0.95")), ("Ranking", ("0.59", "0.5"))):
        result = result_of(second, model)
        assert result["Status"] == "Rejected"
        assert verdicts(result)["champion"] == "failed"
        for number in numbers:
            assert number in result["Reason"]
    assert result_of(second)["Champion"]["ModelPackageArn"] == first["ModelPackageArn"]

    another_seed = {"strategy": "random", "seed": 1, "test_fraction": 0.15, "rule": "tiny"}
    elsewhere = script(evaluation=evaluation(0.8), split=another_seed)
    third = result_of(tiny_pipeline.upload("reviews/champion-3/a.csv", elsewhere))
    assert (third["Status"], verdicts(third)["champion"]) == ("Registered", "not comparable")
    place = f"s3://{tiny_pipeline.bucket}/reviews/champion-3/"
    refused = result_of(tiny_pipeline.start({"ChampionNotComparable": "reject", "InputData": place}))
    assert (refused["Status"], verdicts(refused)["champion"]) == ("Rejected", "failed")
    sagemaker.update_model_package(ModelPackageArn=first["ModelPackageArn"], ModelApprovalStatus="Rejected")


def test_a_champion_whose_artifact_is_gone_is_no_failure(tiny_pipeline):
    first = tiny_pipeline.upload("reviews/gone-1/a.csv", script())
    package = tiny_pipeline.aws.client("sagemaker").describe_model_package(
        ModelPackageName=result_of(first)["ModelPackageArn"]
    )
    (container,) = package["InferenceSpecification"]["Containers"]
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    tiny_pipeline.aws.client("s3").delete_object(Bucket=bucket, Key=key)
    second = tiny_pipeline.upload("reviews/gone-2/a.csv", script())
    assert second.status == "SUCCEEDED", failures_of(second)
    result = result_of(second)
    assert (result["Status"], verdicts(result)["champion"]) == ("Registered", "not comparable")
    assert key in str(result["Gate"])


def told_of(pipeline, snapshot, folder):
    """What `taproom run` says of a failed execution: on the terminal, and in its report."""
    collected = collect(pipeline.aws.client, snapshot, folder, pipeline.aws.root / "jobs")
    console = Console(file=io.StringIO(), width=500)
    print_failure(console, snapshot, failures_of(snapshot), collected)
    return console.file.getvalue(), (collected / "report.html").read_text()


@pytest.mark.parametrize(
    ("step", "state", "jobs"),
    [
        ("preprocess", "Preprocess", 1),
        ("train", "TrainRetrieval", 4),
        ("evaluate", "EvaluateRetrieval", 5),
        ("train_ranking", "TrainRanking", 4),
        ("evaluate_ranking", "EvaluateRanking", 5),
    ],
)
def test_a_failing_job_fails_the_execution_with_its_own_message(tiny_pipeline, tmp_path, step, state, jobs):
    model = "Ranking" if "ranking" in step else "Retrieval"
    before = tiny_pipeline.registered(model)
    snapshot = tiny_pipeline.upload(f"reviews/fail-{step}/a.csv", script(**{step: f"the {step} script says no"}))
    assert snapshot.status == "FAILED"
    assert f"the {step} script says no" in snapshot.execution["cause"]
    assert state in snapshot.execution["cause"]
    failure = failures_of(snapshot)[0]
    assert state in failure.step
    assert f"the {step} script says no" in failure.cause
    assert tiny_pipeline.registered(model) == before
    shown, report = told_of(tiny_pipeline, snapshot, tmp_path)
    for text in (shown, report):
        assert f"the {step} script says no" in text
    assert f"{step} acts on" in shown  # the end of that job's log
    # a script's own error is final: no job was tried twice
    assert len(job_names(snapshot)) == jobs
    for result in model_results(snapshot.events):
        assert result["Status"] == ("Failed" if result["Model"] == model else "Registered")


@pytest.mark.parametrize(
    ("what", "written"),
    [
        ("missing", None),
        pytest.param("not JSON", "accuracy: 0.9", marks=pytest.mark.long),
        pytest.param("without the metric", {"schema_version": 1, "regression_metrics": {}}, marks=pytest.mark.long),
        ("a bare NaN", '{"multiclass_classification_metrics": {"accuracy": {"value": NaN}}}'),
        *(
            pytest.param(what, written, marks=pytest.mark.long)
            for what, written in (
                ("an infinite number", '{"multiclass_classification_metrics": {"accuracy": {"value": 1e999}}}'),
                ("a text", {"multiclass_classification_metrics": {"accuracy": {"value": "0.9"}}}),
                ("above one", {"multiclass_classification_metrics": {"accuracy": {"value": 1.5}}}),
            )
        ),
    ],
)
def test_an_evaluation_that_cannot_be_read_fails_the_execution(tiny_pipeline, tmp_path, what, written):
    before = tiny_pipeline.registered()
    folder = what.replace(" ", "-")
    snapshot = tiny_pipeline.upload(f"reviews/evaluation-{folder}/a.csv", script(evaluation=written))
    assert snapshot.status == "FAILED"
    assert "ParseEvaluationRetrieval" in snapshot.execution["cause"]
    assert "evaluation.json" in snapshot.execution["cause"]
    assert tiny_pipeline.registered() == before
    for text in told_of(tiny_pipeline, snapshot, tmp_path):
        assert "ParseEvaluationRetrieval" in text
        assert "evaluation.json" in text


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"AccuracyTop500Treshold": 0.6}, ["AccuracyTop500Treshold", "AccuracyTop500Threshold"]),
        ({"TrainingEpochs": "20"}, ["TrainingEpochs", "20"]),
        ({"TrainingEpochs": True}, ["TrainingEpochs"]),
        ({"AccuracyTop500Threshold": 1.5}, ["AccuracyTop500Threshold", "1.5"]),
        ({"AccuracyTop500Threshold": -0.1}, ["AccuracyTop500Threshold", "-0.1"]),
        ({"TrainingInstanceType": "m5.xlarge"}, ["TrainingInstanceType", "m5.xlarge"]),
        ({"ProcessingInstanceCount": 2}, ["ProcessingInstanceCount"]),
        ({"Columns": {"Beer": "x"}}, ["Columns", "Beer"]),
        ({"InputData": "s3://another-bucket/reviews/"}, ["InputData", "another-bucket"]),
        ([1, 2], ["object"]),
    ],
)
def test_bad_input_fails_at_the_first_state_before_any_job(tiny_pipeline, given, named):
    snapshot = tiny_pipeline.start(given)
    assert snapshot.status == "FAILED"
    assert failures_of(snapshot)[0].step == "TakeLease"
    assert job_names(snapshot) == []
    for word in named:
        assert word in snapshot.execution["cause"]


def test_a_run_over_its_budget_is_refused_before_any_job(tiny_pipeline):
    snapshot = tiny_pipeline.start({"MaxUsd": 1})
    assert snapshot.status == "FAILED"
    assert failures_of(snapshot)[0].step == "Prepare"
    assert job_names(snapshot) == []
    for word in ("MaxUsd is 1", "13.36", "Train"):
        assert word in snapshot.execution["cause"]


def test_no_reviews_under_the_prefix_is_an_error_for_a_person(tiny_pipeline):
    snapshot = tiny_pipeline.start({"InputData": f"s3://{tiny_pipeline.bucket}/reviews/nothing-here/"})
    assert snapshot.status == "FAILED"
    assert "nothing-here" in snapshot.execution["cause"]
    assert job_names(snapshot) == []


def test_an_empty_file_is_refused_by_name(tiny_pipeline):
    snapshot = tiny_pipeline.upload("reviews/empty/hollow.csv", b"")
    assert snapshot.status == "FAILED"
    assert "hollow.csv" in snapshot.execution["cause"]
    assert job_names(snapshot) == []


def test_what_runs_is_the_rendered_file(tiny_pipeline):
    """Byte for byte, but for CloudFormation's substitutions."""
    from tests.pipeline.deployed import PROJECT

    stepfunctions = tiny_pipeline.aws.client("stepfunctions")
    running = stepfunctions.describe_state_machine(stateMachineArn=tiny_pipeline.machine)["definition"]
    rendered = (PROJECT / "statemachine" / "retraining.asl.json").read_text()
    at = 0
    for piece_number, piece in enumerate(pieces := split_substitutions(rendered)):
        found = running.index(piece, at)
        assert piece_number or found == 0
        at = found + len(piece)
    assert at == len(running)
    assert len(pieces) > 5
    assert "${" not in running


def split_substitutions(text):
    """The text between ``${...}`` substitutions."""
    import re

    return re.split(r"\$\{[A-Za-z]+\}", text)
