"""Training jobs: SageMaker's contract, with entry points of a few lines."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_jobs import BUCKET, bucket, ended, get, log_of, train, training_request
from tests.local.small_stacks import eventually

SHOW_CONTRACT = """
import json, os, sys
from pathlib import Path
base = Path(os.environ["SAGEMAKER_BASE_DIR"])
seen = {
    "argv": sys.argv[1:],
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "channel": (Path(os.environ["SM_CHANNEL_TRAIN"]) / "numbers.csv").read_text(),
    "config": {path.name: json.loads(path.read_text()) for path in (base / "input" / "config").iterdir()},
}
(Path(os.environ["SM_MODEL_DIR"]) / "seen.json").write_text(json.dumps(seen))
"""
FAIL = """
import os, sys
from pathlib import Path
output = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "output"
(output / "failure").write_text("x" * 2000 if "--long" in sys.argv else "no hops left")
sys.exit(7)
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("training"), Clock(skip_waits=True)) as running:
        bucket(running)
        yield running


def seen_by(aws, job):
    """What the script of SHOW_CONTRACT found, read from the model artifact that it left."""
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
    with tarfile.open(fileobj=io.BytesIO(get(aws, key))) as tar:
        return json.load(tar.extractfile("seen.json"))


def test_the_script_finds_what_sagemaker_and_the_toolkit_promise(aws):
    parameters = {"epochs": "3", "name": '"lager"', "plain": "text", "k": "5", "flags": '["a", "b"]'}
    request = training_request(aws, "contract", SHOW_CONTRACT, hyperparameters=parameters)
    job = train(aws, request)
    assert job["TrainingJobStatus"] == "Completed", log_of(aws, "contract")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/models/contract/output/model.tar.gz"
    seen = seen_by(aws, job)
    assert seen["argv"] == ["--epochs", "3", "--flags", "['a', 'b']", "-k", "5", "--name", "lager", "--plain", "text"]
    base = str(aws.root / "jobs" / "contract" / "opt" / "ml")
    environment = seen["environment"]
    assert environment["SM_MODEL_DIR"] == f"{base}/model"
    assert environment["SM_CHANNEL_TRAIN"] == f"{base}/input/data/train"
    assert json.loads(environment["SM_HPS"])["epochs"] == 3
    assert environment["SM_HP_NAME"] == "lager"
    assert json.loads(environment["SM_CHANNELS"]) == ["train"]
    assert environment["TRAINING_JOB_NAME"] == "contract"
    assert seen["folder"] == f"{base}/code"
    assert seen["channel"] == "1\n2\n"
    assert seen["config"]["hyperparameters.json"] == request["HyperParameters"]
    assert seen["config"]["inputdataconfig.json"]["train"]["TrainingInputMode"] == "File"
    assert seen["config"]["resourceconfig.json"]["current_host"] == "algo-1"


def test_a_job_inherits_nothing_and_holds_no_credentials(aws, monkeypatch):
    monkeypatch.setenv("PLANTED_SECRET", "hunter2")
    environment = seen_by(aws, train(aws, training_request(aws, "bare", SHOW_CONTRACT)))["environment"]
    assert "PLANTED_SECRET" not in environment
    assert not {name for name in environment if "KEY" in name or "TOKEN" in name or name == "AWS_ENDPOINT_URL"}


def test_a_script_that_fails_says_why(aws):
    job = train(aws, training_request(aws, "fails", FAIL))
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no hops left, exit code: 7"


def test_the_reason_of_a_failure_is_cut_at_1024_characters(aws):
    job = train(aws, training_request(aws, "fails-long", FAIL, hyperparameters={"long": "1"}))
    assert len(job["FailureReason"]) == 1024
    assert job["FailureReason"].startswith("AlgorithmError: xxx")


def test_a_job_beyond_its_time_is_stopped_and_its_model_kept(aws):
    script = SHOW_CONTRACT + "\nimport threading; threading.Event().wait()"
    job = train(aws, training_request(aws, "endless", script, StoppingCondition={"MaxRuntimeInSeconds": 1}))
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert seen_by(aws, job)["argv"] == []


def test_a_running_job_can_be_stopped(aws):
    script = "print('waiting', flush=True)\nimport threading; threading.Event().wait()"
    aws.client("sagemaker").create_training_job(**training_request(aws, "stopped", script))
    eventually(lambda: "waiting" in log_of(aws, "stopped") if (aws.root / "jobs/stopped/log").exists() else False)
    aws.client("sagemaker").stop_training_job(TrainingJobName="stopped")
    assert ended(aws, "training", "stopped")["TrainingJobStatus"] == "Stopped"


def test_metrics_are_read_from_the_log(aws):
    definitions = [{"Name": "train:loss", "Regex": r"loss=([0-9.]+)"}, {"Name": "never", "Regex": "nothing=(.*)"}]
    script = "print('epoch=1 loss=2.5')\nprint('epoch=2 loss=1.25')"
    job = train(aws, training_request(aws, "metrics", script, algorithm={"MetricDefinitions": definitions}))
    assert [(one["MetricName"], one["Value"]) for one in job["FinalMetricDataList"]] == [("train:loss", 1.25)]


def test_a_missing_requirement_is_named_before_the_script_runs(aws):
    files = {"requirements_txt": "no-such-package==1.0\nnumpy==0.1 # too old\n# a comment\n"}
    job = train(aws, training_request(aws, "unmet", "print('never')", files=files))
    assert job["TrainingJobStatus"] == "Failed"
    assert "no-such-package==1.0" in job["FailureReason"]
    assert "numpy==0.1 (installed: " in job["FailureReason"]


def test_no_objects_under_a_channel_fails_the_job_by_name(aws):
    request = training_request(aws, "no-objects", "print('never')")
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/nothing/"
    assert "s3://jobs-bucket/nothing/" in train(aws, request)["FailureReason"]


def test_checkpoints_travel_from_one_job_to_the_next(aws):
    script = """
import os
from pathlib import Path
folder = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "checkpoints"
count = len(list(folder.iterdir()))
print("found", count)
(folder / f"epoch-{count}").write_text("x")
"""
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/"}
    for number in range(2):
        train(aws, training_request(aws, f"checkpoints-{number}", script, CheckpointConfig=checkpoints))
        assert f"found {number}" in log_of(aws, f"checkpoints-{number}")


def test_a_name_is_used_once(aws):
    request = training_request(aws, "once", "print('hello')")
    train(aws, request)
    sagemaker = aws.client("sagemaker")
    with pytest.raises(sagemaker.exceptions.ResourceInUse, match="unique"):
        sagemaker.create_training_job(**request)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"TrainingJobName": "under_score"}, "TrainingJobName"),
        ({"TrainingJobName": "x" * 64}, "TrainingJobName"),
        ({"HyperParameters": {"long": "x" * 2501}}, "HyperParameters"),
        ({"ResourceConfig": {"InstanceType": "ml.huge", "InstanceCount": 1, "VolumeSizeInGB": 1}}, "ml.huge"),
        ({"ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 1}}, "one instance"),
        ({"AlgorithmSpecification": {"TrainingImage": "nginx", "TrainingInputMode": "File"}}, "nginx"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "MaxRuntimeInSeconds"),
    ],
)
def test_a_request_that_sagemaker_would_refuse_is_refused_by_name(aws, change, named):
    from botocore.config import Config
    from botocore.exceptions import ClientError

    unchecked = aws.session.client(
        "sagemaker", endpoint_url=aws.endpoint_url, config=Config(parameter_validation=False)
    )
    with pytest.raises(ClientError, match=named) as refused:
        unchecked.create_training_job(**training_request(aws, "refused", "print('never')") | change)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_describe_has_the_form_of_sagemakers_own_answer(aws):
    from botocore.validate import ParamValidator

    train(aws, training_request(aws, "described", "print('hello')"))
    sagemaker = aws.client("sagemaker")
    job = sagemaker.describe_training_job(TrainingJobName="described")
    job.pop("ResponseMetadata")
    shape = sagemaker.meta.service_model.operation_model("DescribeTrainingJob").output_shape
    assert ParamValidator().validate(job, shape).generate_report() == ""
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] >= 1
    names = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    assert names == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
