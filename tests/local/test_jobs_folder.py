"""A job's folder plays /opt/ml: paths, checkpoints, what a silent script leaves, and who else was there before."""

from __future__ import annotations

import json
import os
import signal

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_jobs import BUCKET, bucket, ended, get, log_of, process, processing_request, train
from tests.local.small_jobs import training_request as request_of

SHOW = "import json, os, sys\nprint(json.dumps([sys.argv, dict(os.environ)]))"


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    root = tmp_path_factory.mktemp("folders")
    left = root / "jobs" / "left-over" / "opt" / "ml" / "output"
    left.mkdir(parents=True)
    (left / "failure").write_text("of yesterday")
    with LocalAws(root, Clock(skip_waits=True)) as running:
        bucket(running)
        yield running


def test_paths_in_hyperparameters_are_mapped_wherever_the_script_finds_them(aws):
    script = SHOW + '\nprint(open(os.environ["SM_INPUT_CONFIG_DIR"] + "/hyperparameters.json").read())'
    given = {"json": '"/opt/ml/input/data/train"', "plain": "/opt/ml/model", "other": '"/opt/mlx"'}
    assert train(aws, request_of(aws, "mapped", script, hyperparameters=given))["TrainingJobStatus"] == "Completed"
    base = str(aws.root / "jobs" / "mapped" / "opt" / "ml")
    first, rest = log_of(aws, "mapped").split("\n", 1)
    argv, environment = json.loads(first)
    assert argv == ["train.py", "--json", f"{base}/input/data/train", "--other", "/opt/mlx", "--plain", f"{base}/model"]
    assert environment["SM_HP_JSON"] == f"{base}/input/data/train"
    config = json.loads(rest)
    assert (config["json"], config["plain"], config["other"]) == (
        f'"{base}/input/data/train"',
        f"{base}/model",
        '"/opt/mlx"',
    )


def test_the_toolkits_description_of_the_job_is_in_the_environment(aws):
    train(aws, request_of(aws, "described", SHOW, hyperparameters={"epochs": "3"}))
    environment = json.loads(log_of(aws, "described"))[1]
    described = json.loads(environment["SM_TRAINING_ENV"])
    assert described["job_name"] == "described"
    assert described["hyperparameters"] == {"epochs": 3}
    assert described["channel_input_dirs"] == {"train": environment["SM_CHANNEL_TRAIN"]}
    assert environment["SM_MODULE_NAME"] == "train"
    assert environment["SM_USER_ENTRY_POINT"] == "train.py"
    assert environment["SM_MODULE_DIR"] == f"s3://{BUCKET}/code/described/sourcedir.tar.gz"
    assert environment["SM_USER_ARGS"] == '["--epochs","3"]'


def test_an_entry_point_may_be_a_program_among_the_inputs(aws):
    request = processing_request(aws, "program", "")
    script = "#!/bin/sh\necho started with $1"
    aws.client("s3").put_object(Bucket=BUCKET, Key="code/program/script.py", Body=script)
    request["AppSpecification"]["ContainerEntrypoint"] = ["/bin/sh", "/opt/ml/processing/input/code/script.py"]
    request["AppSpecification"]["ContainerArguments"] = ["--data=/opt/ml/processing/input"]
    assert process(aws, request)["ProcessingJobStatus"] == "Completed"
    base = aws.root / "jobs" / "program" / "opt" / "ml"
    assert log_of(aws, "program") == f"started with --data={base}/processing/input\n"


def test_checkpoints_of_a_failed_job_are_kept_at_the_place_that_was_asked_for(aws):
    script = """
import os, sys
from pathlib import Path
(Path(os.environ["SAGEMAKER_BASE_DIR"]) / "kept" / "epoch-1").write_text("x")
sys.exit(1)
"""
    checkpoints = {"S3Uri": f"s3://{BUCKET}/kept", "LocalPath": "/opt/ml/kept"}
    job = train(aws, request_of(aws, "spot", script, CheckpointConfig=checkpoints))
    assert job["TrainingJobStatus"] == "Failed"
    assert get(aws, "kept/epoch-1") == b"x"


def test_a_silent_script_fails_with_its_last_line_and_the_folder_is_a_new_one(aws):
    job = train(aws, request_of(aws, "left-over", 'print("so far so good")\nraise ValueError("no hops left")'))
    assert job["FailureReason"] == (
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: no hops left"\n'
        'Command "python3 train.py", exit code: 1'
    )


def test_a_training_and_a_processing_job_of_one_name_do_not_meet(aws):
    train(aws, request_of(aws, "twins", "print('training')"))
    process(aws, processing_request(aws, "twins", "print('processing')"))
    assert log_of(aws, "twins") == "training\n"
    assert log_of(aws, "twins.processing") == "processing\n"


def test_a_submit_directory_that_is_no_archive_fails_the_job_by_name(aws):
    request = request_of(aws, "no-archive", "print('never')")
    aws.client("s3").put_object(Bucket=BUCKET, Key="code/no-archive/sourcedir.tar.gz", Body=b"\x1f\x8bnot gzip")
    reason = train(aws, request)["FailureReason"]
    assert reason.startswith("ClientError: ")
    assert "sourcedir.tar.gz cannot be unpacked" in reason


def test_a_process_that_left_the_group_does_not_keep_the_job_from_ending(aws):
    """It holds the job's output open; only a container could end it, so the test does."""
    script = """
import subprocess, sys
wait = [sys.executable, "-c", "import threading; threading.Event().wait()"]
print(subprocess.Popen(wait, start_new_session=True).pid, flush=True)
"""
    aws.client("sagemaker").create_processing_job(**processing_request(aws, "escaped", script))
    try:
        assert ended(aws, "processing", "escaped")["ProcessingJobStatus"] == "Completed"
    finally:
        os.kill(int(log_of(aws, "escaped")), signal.SIGKILL)


def test_a_listener_that_fails_ends_the_job_instead_of_blocking_it(aws):
    def fails_on_the_job(event):
        if event.get("line") == "noisy":
            raise RuntimeError("no terminal")

    aws.listen(fails_on_the_job)
    job = process(aws, processing_request(aws, "noisy", "while True: print('noisy')"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert "no terminal" in job["FailureReason"]
