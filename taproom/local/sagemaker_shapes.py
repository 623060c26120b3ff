"""A SageMaker request, held against SageMaker's own model of it, so that what is accepted here is accepted there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any


@cache
def model() -> Any:
    """botocore's model of SageMaker: megabytes of JSON, read once."""
    import botocore.loaders
    import botocore.model

    description = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    return botocore.model.ServiceModel(description, "sagemaker")


def structure_errors(operation: str, request: Any) -> list[str]:
    """Missing, unknown and wrongly typed fields of a request, as a client sees them before it sends it."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(request, model().operation_model(operation).input_shape)
    return report.generate_report().splitlines() if report.has_errors() else []


def value_errors(operation: str, request: Any) -> list[str]:
    """Values outside of the model's enums, patterns and limits, as the service sees them."""
    return list(_walk(model().operation_model(operation).input_shape, request, ""))


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
