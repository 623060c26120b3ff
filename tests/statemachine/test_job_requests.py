"""What the job states ask SageMaker for, checked against the API's own model."""

from __future__ import annotations

import re

import botocore.session
import pytest
from botocore.validate import ParamValidator

OPERATIONS = {
    "Preprocess": "CreateProcessingJob",
    "TrainRetrieval": "CreateTrainingJob",
    "EvaluateRetrieval": "CreateProcessingJob",
    "TrainRanking": "CreateTrainingJob",
    "EvaluateRanking": "CreateProcessingJob",
}


@pytest.fixture(scope="module")
def requests(interpreter):
    run = interpreter.execute(interpreter.outcomes())
    return {state: run.requests[state][0] for state in OPERATIONS}


@pytest.fixture(scope="module")
def sagemaker():
    return botocore.session.get_session().get_service_model("sagemaker")


@pytest.mark.parametrize("state", OPERATIONS)
def test_a_job_request_has_the_shape_of_its_operation(requests, sagemaker, state):
    shape = sagemaker.operation_model(OPERATIONS[state]).input_shape
    role = {"RoleArn": "arn:aws:iam::123456789012:role/Jobs"}
    report = ParamValidator().validate({**requests[state], **role}, shape)
    assert not report.has_errors(), report.generate_report()


def test_the_validator_would_see_a_wrong_request(requests, sagemaker):
    shape = sagemaker.operation_model("CreateTrainingJob").input_shape
    wrong = {**requests["TrainRetrieval"], "StoppingCondition": {"MaxRuntimeInSeconds": "43200"}}
    assert ParamValidator().validate(wrong, shape).has_errors()


@pytest.mark.parametrize("state", OPERATIONS)
def test_names_and_tags_keep_to_the_service_limits(requests, state):
    name = requests[state].get("TrainingJobName") or requests[state]["ProcessingJobName"]
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)
    for tag in requests[state]["Tags"]:
        assert re.fullmatch(r"[\w .:/=+@-]{1,128}", tag["Key"])


def test_preprocessing_reads_exactly_what_was_listed(requests):
    inputs = {entry["InputName"]: entry["S3Input"] for entry in requests["Preprocess"]["ProcessingInputs"]}
    assert inputs["reviews"]["S3DataType"] == "ManifestFile"
    assert inputs["reviews"]["S3Uri"] == "s3://bucket/runs/weekly/reviews.manifest"
    assert inputs["reviews"]["LocalPath"] == "/opt/ml/processing/input/reviews"
    assert inputs["code"]["S3Uri"] == "s3://bucket/code/c/src/"
    (output,) = requests["Preprocess"]["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"] == "s3://bucket/runs/weekly/data/"
    assert output["S3Output"]["LocalPath"] == "/opt/ml/processing/output/data"
    specification = requests["Preprocess"]["AppSpecification"]
    assert specification["ContainerEntrypoint"] == ["python3", "/opt/ml/processing/input/code/bootstrap.py"]
    assert specification["ContainerArguments"] == ["preprocess.py", "--test-fraction", "0.15"]


def test_training_reads_what_preprocessing_wrote(requests):
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in requests["TrainRetrieval"]["InputDataConfig"]
    }
    assert channels == {
        "train": "s3://bucket/runs/weekly/data/train.parquet",
        "items": "s3://bucket/runs/weekly/data/items.parquet",
    }
    assert requests["TrainRetrieval"]["HyperParameters"]["epochs"] == "20"


def test_a_job_has_the_planned_machines_and_disks(requests):
    assert requests["TrainRanking"]["ResourceConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.2xlarge",
        "VolumeSizeInGB": 40,
    }
    disks = {
        state: requests[state]["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"]
        for state in ("Preprocess", "EvaluateRetrieval", "EvaluateRanking")
    }
    assert disks == {"Preprocess": 60, "EvaluateRetrieval": 50, "EvaluateRanking": 50}


def test_a_job_bears_the_tags_of_its_stack_its_run_and_its_step(requests):
    for state, request in requests.items():
        assert {tag["Key"]: tag["Value"] for tag in request["Tags"]} == {
            "taproom:stack": "${StackName}",
            "taproom:run": "weekly-0123456789ab",
            "taproom:step": state,
        }


def test_a_job_has_the_key_and_the_network_that_are_planned(requests):
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
    assert requests["TrainRanking"]["OutputDataConfig"]["KmsKeyId"] == key
    assert requests["TrainRanking"]["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert requests["Preprocess"]["ProcessingOutputConfig"]["KmsKeyId"] == key
    assert requests["Preprocess"]["NetworkConfig"]["VpcConfig"]["Subnets"] == ["s-1"]
    assert requests["EvaluateRanking"]["ProcessingOutputConfig"]["KmsKeyId"] == ""  # SageMaker's word for none
    assert requests["EvaluateRanking"]["NetworkConfig"] == {"EnableNetworkIsolation": False}


@pytest.mark.parametrize(
    ("key", "value"),
    [("VpcConfig", {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}), ("EnableNetworkIsolation", False)],
)
def test_both_names_of_a_trainings_network_are_sagemakers(requests, sagemaker, key, value):
    shape = sagemaker.operation_model("CreateTrainingJob").input_shape
    rest = {name: given for name, given in requests["TrainRanking"].items() if name != "VpcConfig"}
    request = {**rest, "RoleArn": "arn:aws:iam::123456789012:role/Jobs", key: value}
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()


def test_a_training_waits_for_spot_as_planned(requests):
    assert requests["TrainRetrieval"]["EnableManagedSpotTraining"] is True
    assert requests["TrainRetrieval"]["StoppingCondition"]["MaxWaitTimeInSeconds"] == 50_000


def test_evaluation_reads_the_artifact_that_the_training_job_named(requests):
    inputs = {entry["InputName"]: entry["S3Input"] for entry in requests["EvaluateRetrieval"]["ProcessingInputs"]}
    assert inputs["model"]["S3Uri"] == "s3://bucket/runs/weekly/models/retrieval/t/output/model.tar.gz"
    assert set(inputs) == {"code", "data", "model", "champion"}
    ranking = {entry["InputName"]: entry["S3Input"] for entry in requests["EvaluateRanking"]["ProcessingInputs"]}
    assert ranking["model"]["S3Uri"] == "s3://bucket/runs/weekly/models/ranking/t/output/model.tar.gz"


def test_evaluation_reads_the_champion_as_a_list_of_objects_which_may_be_of_none(requests):
    for state in ("EvaluateRetrieval", "EvaluateRanking"):
        inputs = {entry["InputName"]: entry["S3Input"] for entry in requests[state]["ProcessingInputs"]}
        assert inputs["champion"]["S3DataType"] == "ManifestFile"
        assert inputs["champion"]["S3Uri"] == "s3://bucket/runs/weekly/champion/m.json"
        assert inputs["champion"]["LocalPath"] == "/opt/ml/processing/input/champion"


def test_the_metrics_are_found_in_a_training_log_line(requests):
    line = "epoch=3 of=20 loss=5.1234 validation=0.4321 seconds=6.5"
    found = {
        metric["Name"]: re.findall(metric["Regex"], line)
        for metric in requests["TrainRetrieval"]["AlgorithmSpecification"]["MetricDefinitions"]
    }
    assert found == {"train:epoch": ["3"], "train:loss": ["5.1234"], "validation:score": ["0.4321"]}


def test_training_goes_on_from_the_checkpoints_of_its_execution(requests):
    assert requests["TrainRetrieval"]["CheckpointConfig"] == {"S3Uri": "s3://bucket/checkpoints/weekly/retrieval/"}


def test_a_job_is_stopped_at_the_planned_limit(requests):
    limits = {state: request["StoppingCondition"]["MaxRuntimeInSeconds"] for state, request in requests.items()}
    assert limits.pop("Preprocess") == 7_200
    assert {limit for state, limit in limits.items() if state.startswith("Train")} == {43_200}
    assert {limit for state, limit in limits.items() if state.startswith("Evaluate")} == {14_400}


def test_a_task_waits_as_long_as_is_planned(interpreter):
    """A timeout that is no number of seconds is an error of the interpreter: it does read the path."""
    prepared = interpreter.prepared()
    prepared["Preprocess"]["TimeoutSeconds"] = "long"
    run = interpreter.execute(interpreter.outcomes(Prepare=[interpreter.answers(**prepared)]))
    assert not run.succeeded
    assert "Preprocess" in run.visited
    assert "TrainRetrieval" not in run.visited


def test_what_is_kept_of_a_job_is_always_in_its_description(states, sagemaker):
    for name, operation in OPERATIONS.items():
        described = sagemaker.operation_model(operation.replace("Create", "Describe")).output_shape
        kept = {path.removeprefix("$.") for path in states[name]["ResultSelector"].values()}
        assert kept <= set(described.required_members), name
