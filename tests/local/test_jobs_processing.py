"""Processing jobs: SageMaker's contract, with entry points of a few lines."""

from __future__ import annotations

import json

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_jobs import BUCKET, bucket, get, log_of, process, processing_request, put, s3_input

SHOW_CONTRACT = """
import json, os, sys
from pathlib import Path
base = Path(os.environ["SAGEMAKER_BASE_DIR"])
seen = {
    "argv": sys.argv[1:],
    "environment": dict(os.environ),
    "inputs": sorted(str(path.relative_to(base)) for path in (base / "processing/input").rglob("*") if path.is_file()),
    "config": {path.name: json.loads(path.read_text()) for path in (base / "config").iterdir()},
}
(base / "processing/output/result/deep").mkdir()
(base / "processing/output/result/deep/seen.json").write_text(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("processing"), Clock(skip_waits=True)) as running:
        bucket(running)
        yield running


def test_the_script_finds_what_sagemaker_promises(aws):
    put(aws, "in/a/one.csv", "1")
    put(aws, "in/a/deep/two.csv", "2")
    request = processing_request(
        aws,
        "contract",
        SHOW_CONTRACT,
        "--input",
        "/opt/ml/processing/input/data",
        "--note",
        "about /opt/ml",
        inputs=[s3_input("data", f"s3://{BUCKET}/in/a/")],
        Environment={"FOLDER": "/opt/ml/processing", "PLAIN": "x"},
    )
    job = process(aws, request)
    assert job["ProcessingJobStatus"] == "Completed", log_of(aws, "contract")
    seen = json.loads(get(aws, "out/contract/deep/seen.json"))
    base = str(aws.root / "jobs" / "contract" / "opt" / "ml")
    assert seen["argv"] == ["--input", f"{base}/processing/input/data", "--note", "about /opt/ml"]
    assert seen["environment"]["FOLDER"] == f"{base}/processing"
    assert seen["environment"]["PLAIN"] == "x"
    assert not [name for name in seen["environment"] if name.startswith("SM_")]
    assert seen["inputs"] == [
        "processing/input/code/script.py",
        "processing/input/data/deep/two.csv",
        "processing/input/data/one.csv",
    ]
    config = seen["config"]["processingjobconfig.json"]
    assert config["ProcessingJobArn"] == job["ProcessingJobArn"]
    assert config["AppSpecification"]["ImageUri"] == request["AppSpecification"]["ImageUri"]
    assert config["AppSpecification"]["ContainerArguments"] == seen["argv"]
    assert config["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["LocalPath"] == f"{base}/processing/output/result"
    assert seen["config"]["resourceconfig.json"] == {"current_host": "algo-1", "hosts": ["algo-1"]}


def test_a_manifest_names_exactly_what_is_brought_in(aws):
    for name in ("x", "y", "z"):
        put(aws, f"many/{name}.csv", name)
    manifest = put(aws, "manifests/two", json.dumps([{"prefix": f"s3://{BUCKET}/many/"}, "x.csv", "z.csv"]))
    request = processing_request(aws, "manifest", SHOW_CONTRACT, inputs=[s3_input("data", manifest, "ManifestFile")])
    assert process(aws, request)["ProcessingJobStatus"] == "Completed"
    inputs = json.loads(get(aws, "out/manifest/deep/seen.json"))["inputs"]
    assert inputs[1:] == ["processing/input/data/x.csv", "processing/input/data/z.csv"]


@pytest.mark.parametrize(
    ("manifest", "named"),
    [
        ("not json", "no SageMaker manifest"),
        ('[{"prefix": "s3://jobs-bucket/many/"}, "../escape.csv"]', "escape.csv"),
        ('[{"prefix": "s3://jobs-bucket/many/"}, "/etc/escape.csv"]', "points out of its folder"),
        ('[{"prefix": "s3://jobs-bucket/many/"}, "a\\u0000b.csv"]', "none of a file"),
        ('[{"prefix": "s3://jobs-bucket/many/"}, "' + "x" * 300 + '"]', "name too long"),
        ('[{"prefix": "s3://jobs-bucket/odd/"}, "a.csv", "a.csv/b.csv"]', "File exists"),
        ('[{"prefix": "s3://jobs-bucket/many/"}, "gone.csv"]', "gone.csv"),
        ('[{"prefix": "s3://jobs-bucket/many/"}]', "no S3 objects"),
    ],
)
def test_a_manifest_that_cannot_be_followed_fails_the_job(aws, manifest, named):
    for key in ("odd/a.csv", "odd/a.csv/b.csv", "many/" + "x" * 300):
        put(aws, key, "x")
    name = f"bad-manifest-{abs(hash(manifest)) % 10_000}"
    uri = put(aws, f"manifests/{name}", manifest)
    request = processing_request(aws, name, "print('never')", inputs=[s3_input("data", uri, "ManifestFile")])
    job = process(aws, request)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert named in job["FailureReason"]


def test_a_failed_script_leaves_its_message_and_uploads_nothing(aws):
    script = """
import os, sys
from pathlib import Path
base = Path(os.environ["SAGEMAKER_BASE_DIR"])
(base / "processing/output/result/half.txt").write_text("half")
(base / "output/message").write_text("row 7 of beers.csv has no score")
sys.exit(3)
"""
    job = process(aws, processing_request(aws, "fails", script))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["ExitMessage"] == "row 7 of beers.csv has no score"
    assert "exit code: 3" in job["FailureReason"]
    listed = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="out/fails/")
    assert listed["KeyCount"] == 0


def test_a_script_that_dies_without_a_word_still_fails(aws):
    job = process(aws, processing_request(aws, "killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert "exit code: 137" in job["FailureReason"]
    assert "ExitMessage" not in job


def test_a_job_beyond_its_time_is_stopped(aws):
    script = "import threading; threading.Event().wait()"
    request = processing_request(aws, "endless", script, StoppingCondition={"MaxRuntimeInSeconds": 1})
    job = process(aws, request)
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeInSeconds (1 s)" in job["FailureReason"]


def test_several_jobs_run_at_once(aws):
    """Each of the two waits for what the other one writes."""
    script = """
import os, sys
from pathlib import Path
mine, other = Path(sys.argv[1]), Path(sys.argv[2])
mine.write_text("here")
while not other.exists():
    pass
"""
    meeting = aws.root / "meeting"
    meeting.mkdir()
    pairs = (("left", "right"), ("right", "left"))
    requests = [processing_request(aws, me, script, str(meeting / me), str(meeting / you)) for me, you in pairs]
    for request in requests[:1]:
        aws.client("sagemaker").create_processing_job(**request)
    assert process(aws, requests[1])["ProcessingJobStatus"] == "Completed"


def test_an_argument_longer_than_sagemaker_takes_is_refused(aws):
    from botocore.exceptions import ClientError

    request = processing_request(aws, "long-argument", "print('never')", "x" * 257)
    with pytest.raises(ClientError, match="ContainerArguments"):
        aws.client("sagemaker").create_processing_job(**request)


def test_describe_has_the_form_of_sagemakers_own_answer(aws):
    from botocore.validate import ParamValidator

    process(aws, processing_request(aws, "described", "print('hello')"))
    sagemaker = aws.client("sagemaker")
    job = sagemaker.describe_processing_job(ProcessingJobName="described")
    job.pop("ResponseMetadata")
    shape = sagemaker.meta.service_model.operation_model("DescribeProcessingJob").output_shape
    assert ParamValidator().validate(job, shape).generate_report() == ""
    assert job["ProcessingStartTime"] <= job["ProcessingEndTime"]
