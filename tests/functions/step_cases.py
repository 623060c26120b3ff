"""What LookUpStep and RecordStep are asked, and archives as training jobs upload them."""

from __future__ import annotations

import copy
import gzip
import io
import json
import tarfile

BUCKET = "taproom-data"
MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:Retraining"
MONDAY, TUESDAY = f"{MACHINE}:monday-run", f"{MACHINE}:tuesday-run"
IMAGE = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-training:2.19-cpu-py312"
DATA_FILES = ("train.parquet", "test.parquet", "items.parquet", "manifest.json")


def execution(arn, now="2026-11-23T06:00:00.000Z"):
    return {"Id": arn, "Name": arn.rpartition(":")[2], "StartTime": "2026-11-23T05:00:00.000Z", "Now": now}


def run_of(arn):
    """The folder of an execution's files."""
    return f"runs/{arn.rpartition(':')[2]}"


def preprocess(arn=MONDAY, **changes):
    """The step Preprocess, as the state machine asks of it."""
    return copy.deepcopy(
        {
            "Step": "Preprocess",
            "Attributes": {
                "Image": IMAGE,
                "Arguments": ["preprocess.py", "--output", "/out", "--split-seed", "42"],
                "Environment": {"PYTHONUNBUFFERED": "1"},
                "Entrypoint": ["python3", "bootstrap.py"],
            },
            "Code": "c0de",
            "Inputs": [
                {"Name": "reviews", "Uri": f"s3://{BUCKET}/{run_of(arn)}/reviews-manifest.json", "Type": "ManifestFile"}
            ],
            "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
            "RerunOf": None,
            "DocumentUri": f"s3://{BUCKET}/{run_of(arn)}/cache/Preprocess.json",
            "Execution": execution(arn),
        }
        | changes
    )


def train(arn=MONDAY, data=None, **changes):
    """The step TrainRetrieval; ``data`` is the ARN of the execution that preprocessed."""
    data_prefix = f"s3://{BUCKET}/{run_of(data or arn)}/data/"
    return copy.deepcopy(
        {
            "Step": "TrainRetrieval",
            "Attributes": {
                "Image": IMAGE,
                "HyperParameters": {
                    "epochs": "20",
                    "sagemaker_program": '"train.py"',
                    "sagemaker_submit_directory": f'"s3://{BUCKET}/code/c0de/sourcedir.tar.gz"',
                },
                "Environment": {"PYTHONUNBUFFERED": "1"},
            },
            "Code": "c0de",
            "Inputs": [
                {"Name": "train", "Uri": f"{data_prefix}train.parquet", "Type": "S3Prefix"},
                {"Name": "items", "Uri": f"{data_prefix}items.parquet", "Type": "S3Prefix"},
            ],
            "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
            "RerunOf": None,
            "DocumentUri": f"s3://{BUCKET}/{run_of(arn)}/cache/TrainRetrieval.json",
            "Execution": execution(arn),
        }
        | changes
    )


def data_of(arn=MONDAY):
    return {"Prefix": f"s3://{BUCKET}/{run_of(arn)}/data/"}


def model_of(arn=MONDAY):
    return {"ModelDataUrl": f"s3://{BUCKET}/{run_of(arn)}/models/retrieval/train-1/output/model.tar.gz"}


def key_of(uri):
    return uri.removeprefix(f"s3://{BUCKET}/")


def put_reviews(put, files, arn=MONDAY, folder="reviews/"):
    """The files of reviews, and the manifest that Prepare writes of them."""
    for name, body in files.items():
        put(folder + name, body)
    manifest = [{"prefix": f"s3://{BUCKET}/{folder}"}, *sorted(files)]
    put(f"{run_of(arn)}/reviews-manifest.json", json.dumps(manifest).encode())


def put_data(put, arn=MONDAY, **bodies):
    """What preprocessing makes."""
    for name in DATA_FILES:
        put(f"{run_of(arn)}/data/{name}", bodies.get(name.partition(".")[0], name.encode()))


def archive(members=None, *, name="01/saved_model.pb"):
    """model.tar.gz with the members, by name; the saved model and two others where none are given."""
    members = {name: b"a graph" * 40, "01/variables/variables.index": b"x" * 700} if members is None else members
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, body in members.items():
            member = tarfile.TarInfo(path)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return buffer.getvalue()
