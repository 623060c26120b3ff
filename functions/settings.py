"""A function's configuration: a frozen dataclass whose fields are read from the variables of the same name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TypeVar

Settings = TypeVar("Settings")


class MissingSetting(RuntimeError):
    """A variable that the template sets is not there."""


def from_environment(kind: type[Settings], environment: Mapping[str, str] = os.environ) -> Settings:
    """A ``kind`` (a dataclass of texts) with field ``bucket`` from BUCKET, and so on. Raises MissingSetting.

    A field with a default may be missing or empty.
    """
    known = fields(kind)  # type: ignore[arg-type]  # no annotation says that a class is a dataclass
    names = {field.name: field.name.upper() for field in known}
    needed = [names[field.name] for field in known if field.default is MISSING]
    missing = [variable for variable in needed if not environment.get(variable)]
    if missing:
        raise MissingSetting(
            f"{kind.__name__}: the environment variable {', '.join(missing)} is not set; template.yaml sets it"
        )
    return kind(**{name: environment[variable] for name, variable in names.items() if variable in environment})
