"""Requests that are well formed, and ask for what the local AWS does not play: each is refused, by name."""

from __future__ import annotations

import copy

import pytest

from taproom.local.jobs.kinds import PROCESSING, TRAINING
from taproom.local.jobs.played import not_played

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19-cpu-py312"
TRAIN = {
    "TrainingJobName": "t",
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/k"}}}
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://b/models"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/kept"},
}
PROCESS = {
    "ProcessingJobName": "p",
    "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "x.py"]},
    "ProcessingInputs": [
        {
            "InputName": "in",
            "S3Input": {"S3Uri": "s3://b/k", "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix"},
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {
                "OutputName": "out",
                "S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"},
            }
        ]
    },
    "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}},
}
CHANNEL, SOURCE = "InputDataConfig.0.", "InputDataConfig.0.DataSource.S3DataSource."
INPUT, OUTPUT = "ProcessingInputs.0.S3Input.", "ProcessingOutputConfig.Outputs.0.S3Output."
ALGORITHM = "AlgorithmSpecification."


def changed(request, path, value):
    """A copy of ``request`` with the value at a dotted path replaced."""
    copied = copy.deepcopy(request)
    *parents, last = path.split(".")
    place = copied
    for part in parents:
        place = place[int(part) if part.isdigit() else part]
    place[last] = value
    return copied


def test_what_is_played_is_not_refused():
    assert list(not_played(TRAINING, TRAIN)) == []
    assert list(not_played(PROCESSING, PROCESS)) == []


@pytest.mark.parametrize(
    ("kind", "path", "value", "named"),
    [
        (TRAINING, ALGORITHM + "TrainingInputMode", "Pipe", "File mode"),
        (TRAINING, ALGORITHM + "TrainingImage", "nginx:latest", "tensorflow-training"),
        (TRAINING, ALGORITHM + "ContainerEntrypoint", ["sh"], "sagemaker_program"),
        (TRAINING, ALGORITHM + "MetricDefinitions", [{"Name": "m", "Regex": "loss=("}], "loss="),
        (TRAINING, ALGORITHM + "MetricDefinitions", [{"Name": "m", "Regex": "loss"}], "no group"),
        (TRAINING, CHANNEL + "InputMode", "FastFile", "'train'"),
        (TRAINING, CHANNEL + "CompressionType", "Gzip", "Gzip"),
        (TRAINING, SOURCE + "S3DataType", "AugmentedManifestFile", "AugmentedManifestFile"),
        (TRAINING, SOURCE + "S3DataDistributionType", "ShardedByS3Key", "FullyReplicated"),
        (TRAINING, "CheckpointConfig.LocalPath", "/home/me", "/home/me"),
        (TRAINING, "ResourceConfig.InstanceCount", 2, "one instance"),
        (PROCESSING, "AppSpecification.ContainerEntrypoint", [], "ContainerEntrypoint"),
        (PROCESSING, "AppSpecification.ImageUri", "nginx:latest", "tensorflow-training"),
        (PROCESSING, INPUT + "LocalPath", "/etc", "'/etc'"),
        (PROCESSING, INPUT + "LocalPath", "/opt/ml/processing/../../../etc", "is not below"),
        (PROCESSING, INPUT + "LocalPath", "/opt/ml/processing-else", "is not below"),
        (PROCESSING, INPUT + "S3InputMode", "Pipe", "File mode"),
        (PROCESSING, INPUT + "S3DataDistributionType", "ShardedByS3Key", "FullyReplicated"),
        (PROCESSING, INPUT + "S3CompressionType", "Gzip", "Gzip"),
        (PROCESSING, OUTPUT + "LocalPath", "/home/me", "/home/me"),
        (PROCESSING, OUTPUT + "S3UploadMode", "Continuous", "EndOfJob"),
        (PROCESSING, "ProcessingResources.ClusterConfig.InstanceCount", 2, "one instance"),
    ],
)
def test_what_is_not_played_is_refused_by_name(kind, path, value, named):
    (reason,) = not_played(kind, changed(TRAIN if kind is TRAINING else PROCESS, path, value))
    assert named in reason
