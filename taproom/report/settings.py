"""The parameters of a run, those first that differ from their defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taproom.report.documents import object_of


@dataclass(frozen=True)
class Setting:
    """A parameter; ``default`` is "" where it has none, or where it is not known."""

    name: str
    value: str
    default: str = ""


@dataclass(frozen=True)
class Settings:
    """``known`` says whether the run told its defaults."""

    changed: list[Setting]
    kept: list[Setting]
    known: bool


def settings_of(request: Mapping[str, Any]) -> Settings:
    """From request.json."""
    parameters, defaults = object_of(request.get("Parameters")), request.get("Defaults")
    told, known = object_of(defaults), isinstance(defaults, dict)
    every = [
        Setting(name, written(value), written(told[name]) if name in told else "") for name, value in parameters.items()
    ]
    changed = [one for one in every if known and (one.name not in told or parameters[one.name] != told[one.name])]
    return Settings(changed, [one for one in every if one not in changed], known)


def written(value: Any) -> str:
    """A parameter's value as it is written in an input file."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
