"""A job's create request, held against SageMaker's own model of it and against what is played here."""

from __future__ import annotations

from functools import cache
from typing import Any

from taproom.local import sagemaker_shapes
from taproom.local.jobs.kinds import Kind
from taproom.local.jobs.played import not_played


@cache
def describe_members(kind: Kind) -> frozenset[str]:
    """The top-level keys of the kind's Describe answer."""
    return frozenset(sagemaker_shapes.model().operation_model(f"Describe{kind.word}Job").output_shape.members)


def structure_errors(kind: Kind, request: Any) -> list[str]:
    """Missing, unknown and wrongly typed fields, as Step Functions sees them before it calls SageMaker."""
    return sagemaker_shapes.structure_errors(f"Create{kind.word}Job", request)


def value_errors(kind: Kind, request: Any) -> list[str]:
    """Values outside of the model's enums, patterns and limits, and what the local AWS cannot play."""
    return [*sagemaker_shapes.value_errors(f"Create{kind.word}Job", request), *not_played(kind, request)]
