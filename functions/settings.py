"""A function's configuration: a frozen dataclass whose fields are read from the variables of the same name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

Settings = TypeVar("Settings")


class MissingSetting(RuntimeError):
    """A variable that the template sets is not there."""


def from_environment(kind: type[Settings], environment: Mapping[str, str] = os.environ) -> Settings:
    """A ``kind`` (a dataclass of texts) with field ``bucket`` from BUCKET, and so on. Raises MissingSetting."""
    names = {field.name: field.name.upper() for field in fields(kind)}  # type: ignore[arg-type]
    missing = [variable for variable in names.values() if not environment.get(variable)]
    if missing:
        raise MissingSetting(
            f"{kind.__name__}: the environment variable {', '.join(missing)} is not set; template.yaml sets it"
        )
    return kind(**{name: environment[variable] for name, variable in names.items()})
