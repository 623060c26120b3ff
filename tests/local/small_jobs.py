"""Small SageMaker jobs for the tests of the local AWS: entry points of a few lines, real requests."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

from taproom.local.aws import LocalAws
from tests.local.small_stacks import eventually, make_role

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19-cpu-py312"
ROLE = "arn:aws:iam::123456789012:role/job"
BUCKET = "jobs-bucket"


def bucket(aws: LocalAws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    make_role(aws, ROLE.rpartition("/")[2])
    return s3


def put(aws: LocalAws, key: str, body: str | bytes) -> str:
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    return f"s3://{BUCKET}/{key}"


def get(aws: LocalAws, key: str) -> bytes:
    return aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()


def source_archive(**files: str) -> bytes:
    """A sourcedir.tar.gz of the given files; ``train_py`` becomes train.py."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            member = tarfile.TarInfo(f"{stem}.{suffix}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def training_request(aws: LocalAws, name: str, script: str, **more: Any) -> dict[str, Any]:
    """A CreateTrainingJob request that runs ``script``; ``hyperparameters`` and ``files`` add to it."""
    archive = source_archive(train_py=script, **more.pop("files", {}))
    submit = put(aws, f"code/{name}/sourcedir.tar.gz", archive)
    channel = put(aws, f"input/{name}/numbers.csv", "1\n2\n")
    hyperparameters = {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": json.dumps(submit),
        **more.pop("hyperparameters", {}),
    }
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File", **more.pop("algorithm", {})},
        "HyperParameters": hyperparameters,
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": channel}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models/"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **more,
    }


def processing_request(aws: LocalAws, name: str, script: str, *arguments: str, **more: Any) -> dict[str, Any]:
    """A CreateProcessingJob request that runs ``script`` with ``arguments``; its output folder goes to out/<name>/."""
    code = put(aws, f"code/{name}/script.py", script)
    inputs = [s3_input("code", code), *more.pop("inputs", [])]
    output = {
        "S3Uri": f"s3://{BUCKET}/out/{name}/",
        "LocalPath": "/opt/ml/processing/output/result",
        "S3UploadMode": "EndOfJob",
    }
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        },
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "result", "S3Output": output}]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **more,
    }


def s3_input(name: str, uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
    path = f"/opt/ml/processing/input/{name}"
    return {
        "InputName": name,
        "S3Input": {"S3Uri": uri, "LocalPath": path, "S3DataType": kind, "S3InputMode": "File"},
    }


def train(aws: LocalAws, request: dict[str, Any]) -> dict[str, Any]:
    """Run a training job to its end; returns its Describe answer."""
    aws.client("sagemaker").create_training_job(**request)
    return ended(aws, "training", request["TrainingJobName"])


def process(aws: LocalAws, request: dict[str, Any]) -> dict[str, Any]:
    """Run a processing job to its end; returns its Describe answer."""
    aws.client("sagemaker").create_processing_job(**request)
    return ended(aws, "processing", request["ProcessingJobName"])


def ended(aws: LocalAws, kind: str, name: str) -> dict[str, Any]:
    word = kind.capitalize()
    describe = getattr(aws.client("sagemaker"), f"describe_{kind}_job")

    def look() -> dict[str, Any] | None:
        job = describe(**{f"{word}JobName": name})
        return job if job[f"{word}JobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(look, within=30)


def log_of(aws: LocalAws, name: str) -> str:
    return (aws.root / "jobs" / name / "log").read_text()
