"""What of SageMaker the local AWS plays; a request for anything else is refused rather than half done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from taproom.local.jobs.kinds import TRAINING, Kind

IMAGES = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/tensorflow-training:[\w.-]+$")
DATA_TYPES = ("S3Prefix", "ManifestFile")


def not_played(kind: Kind, request: dict[str, Any]) -> Iterator[str]:
    """What a well-formed request asks for that cannot be done here, one sentence each."""
    yield from (_training if kind is TRAINING else _processing)(request)


def _training(request: dict[str, Any]) -> Iterator[str]:
    algorithm = request["AlgorithmSpecification"]
    yield from _machine(algorithm.get("TrainingImage", ""), request["ResourceConfig"].get("InstanceCount", 1))
    if algorithm.get("ContainerEntrypoint") or algorithm.get("ContainerArguments"):
        yield "AlgorithmSpecification: ContainerEntrypoint and ContainerArguments are not played, sagemaker_program is"
    for definition in algorithm.get("MetricDefinitions", ()):
        yield from _metric(definition)
    for channel in request.get("InputDataConfig", ()):
        where = f"InputDataConfig {channel['ChannelName']!r}"
        mode = channel.get("InputMode") or algorithm["TrainingInputMode"]
        yield from _source(where, channel["DataSource"].get("S3DataSource"), mode)
        if channel.get("CompressionType", "None") != "None":
            yield f"{where}: CompressionType {channel['CompressionType']} is not played, None is"
    local = request.get("CheckpointConfig", {}).get("LocalPath", "/opt/ml/checkpoints")
    if not _below(local, "/opt/ml"):
        yield f"CheckpointConfig: LocalPath {local!r} is not below /opt/ml"


def _processing(request: dict[str, Any]) -> Iterator[str]:
    application = request["AppSpecification"]
    yield from _machine(application["ImageUri"], request["ProcessingResources"]["ClusterConfig"]["InstanceCount"])
    if not application.get("ContainerEntrypoint"):
        yield "AppSpecification: without a ContainerEntrypoint there is nothing to play, the image itself is not there"
    for given in request.get("ProcessingInputs", ()):
        where = f"ProcessingInputs {given['InputName']!r}"
        source = given.get("S3Input")
        yield from _source(where, source, (source or {}).get("S3InputMode", "File"))
        if source is not None:
            yield from _local_path(where, source.get("LocalPath", ""))
            if source.get("S3CompressionType", "None") != "None":
                yield f"{where}: S3CompressionType {source['S3CompressionType']} is not played, None is"
    for given in request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        where = f"outputs {given['OutputName']!r}"
        target = given.get("S3Output", {})
        if target.get("S3UploadMode") != "EndOfJob":
            yield f"{where}: only S3UploadMode EndOfJob is played here"
        else:
            yield from _local_path(where, target.get("LocalPath", ""))


def _machine(image: str, count: int) -> Iterator[str]:
    if not IMAGES.match(image):
        yield f"image {image!r}: the local AWS plays SageMaker's tensorflow-training images only"
    if count != 1:
        yield f"InstanceCount {count}: the local AWS plays one instance"


def _source(where: str, source: dict[str, Any] | None, mode: str) -> Iterator[str]:
    if source is None or mode != "File":
        yield f"{where}: only S3 in File mode is played here"
        return
    if (kind := source.get("S3DataType", "S3Prefix")) not in DATA_TYPES:
        yield f"{where}: S3DataType {kind} is not played, {' and '.join(DATA_TYPES)} are"
    if (spread := source.get("S3DataDistributionType", "FullyReplicated")) != "FullyReplicated":
        yield f"{where}: S3DataDistributionType {spread} is not played, FullyReplicated is"


def _local_path(where: str, path: str) -> Iterator[str]:
    """SageMaker has this rule too; here it also keeps a job inside its folder."""
    if not _below(path, "/opt/ml/processing"):
        yield f"{where}: LocalPath {path!r} is not below /opt/ml/processing"


def _below(path: str, parent: str) -> bool:
    parts = PurePosixPath(path).parts
    return ".." not in parts and parts[: len(PurePosixPath(parent).parts)] == PurePosixPath(parent).parts


def _metric(definition: dict[str, str]) -> Iterator[str]:
    try:
        groups = re.compile(definition["Regex"]).groups
    except re.error as error:
        yield f"MetricDefinitions {definition['Name']!r}: Regex {definition['Regex']!r} is none: {error}"
        return
    if not groups:
        yield f"MetricDefinitions {definition['Name']!r}: Regex {definition['Regex']!r} has no group to read the value"
