"""A create request, held against SageMaker's own model of it, so that what runs here is accepted there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from taproom.local.jobs.kinds import TRAINING, Kind

PLAYED_IMAGES = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/tensorflow-training:[\w.-]+$")


@cache
def _shape(operation: str) -> Any:
    import botocore.loaders
    import botocore.model

    description = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    return botocore.model.ServiceModel(description, "sagemaker").operation_model(operation).input_shape


def request_shape(kind: Kind) -> Any:
    """botocore's model of the kind's create request."""
    return _shape(f"Create{kind.word}Job")


def describe_members(kind: Kind) -> frozenset[str]:
    """The top-level keys of the kind's Describe answer."""
    import botocore.loaders
    import botocore.model

    description = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    model = botocore.model.ServiceModel(description, "sagemaker")
    return frozenset(model.operation_model(f"Describe{kind.word}Job").output_shape.members)


def structure_errors(kind: Kind, request: Any) -> list[str]:
    """Missing, unknown and wrongly typed fields, as Step Functions sees them before it calls SageMaker."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(request, request_shape(kind))
    return report.generate_report().splitlines() if report.has_errors() else []


def value_errors(kind: Kind, request: Any) -> list[str]:
    """Values outside of the model's enums, patterns and limits, and what the local AWS cannot play."""
    return [*_walk(request_shape(kind), request, ""), *_not_played(kind, request)]


def _walk(shape: Any, value: Any, where: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if isinstance(value, dict) and name in value:
                yield from _walk(member, value[name], f"{where}.{name}".lstrip("."))
    elif shape.type_name == "list":
        yield from _limits(shape, len(value), where, "length")
        for index, element in enumerate(value):
            yield from _walk(shape.member, element, f"{where}[{index}]")
    elif shape.type_name == "map":
        yield from _limits(shape, len(value), where, "size")
        for key, element in value.items():
            yield from _walk(shape.key, key, f"{where} key {key!r}")
            yield from _walk(shape.value, element, f"{where}.{key}")
    elif shape.type_name == "string":
        yield from _limits(shape, len(value), where, "length")
        if shape.enum and value not in shape.enum:
            yield f"{where}: {value!r} is not one of the values SageMaker knows"
        pattern = shape.metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            yield f"{where}: {value!r} does not match {pattern}"
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _limits(shape, value, where, "value")


def _limits(shape: Any, number: float, where: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        yield f"{where}: {what} {number} is below the minimum of {least}"
    if most is not None and number > most:
        yield f"{where}: {what} {number} is above the maximum of {most}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # a few of the model's patterns are Java's, not Python's
        return True


def _not_played(kind: Kind, request: dict[str, Any]) -> Iterator[str]:
    if kind is TRAINING:
        image = request["AlgorithmSpecification"].get("TrainingImage", "")
        count = request["ResourceConfig"].get("InstanceCount", 1)
        for channel in request.get("InputDataConfig", ()):
            source = channel["DataSource"].get("S3DataSource")
            if source is None or channel.get("InputMode", "File") != "File":
                yield f"InputDataConfig {channel['ChannelName']!r}: only S3 in File mode is played here"
    else:
        image = request["AppSpecification"]["ImageUri"]
        count = request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
        for given in request.get("ProcessingInputs", ()):
            source = given.get("S3Input")
            if source is None or source.get("S3InputMode", "File") != "File" or "LocalPath" not in source:
                yield f"ProcessingInputs {given['InputName']!r}: only S3 in File mode, to a LocalPath, is played here"
        for given in request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            if given.get("S3Output", {}).get("S3UploadMode") != "EndOfJob":
                yield f"outputs {given['OutputName']!r}: only S3UploadMode EndOfJob is played here"
    if not PLAYED_IMAGES.match(image):
        yield f"image {image!r}: the local AWS plays SageMaker's tensorflow-training images only"
    if count != 1:
        yield f"InstanceCount {count}: the local AWS plays one instance"
