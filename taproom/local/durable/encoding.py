"""moto's models as JSON and back: their fields as they are, whatever they hold.

``{"$object": "moto.s3.models.FakeAcl", "fields": {...}}``, ``{"$datetime": "..."}``, ``{"$bytes": "..."}`` and
``{"$pairs": [...]}`` (a mapping whose keys JSON could not hold, or that look like these) stand for what JSON lacks.
Only classes of moto are made when reading.
"""

from __future__ import annotations

import base64
import importlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def encode(value: Any) -> Any:
    """``value`` as plain JSON. Raises TypeError for what is neither plain nor moto's."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: encode(item) for key, item in value.items()}
        return {"$pairs": [[encode(key), encode(item)] for key, item in value.items()]}
    kind = type(value)
    if kind.__module__.startswith("moto."):
        return {"$object": f"{kind.__module__}.{kind.__name__}", "fields": encode(vars(value))}
    raise TypeError(f"a {kind.__module__}.{kind.__name__} cannot be kept: {value!r}")


def decode(value: Any) -> Any:
    """What ``encode`` was given; mappings become dicts."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$datetime" in value:
        return datetime.fromisoformat(value["$datetime"])
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if "$pairs" in value:
        return {decode(key): decode(item) for key, item in value["$pairs"]}
    if "$object" in value:
        return _made(value["$object"], decode(value["fields"]))
    return {key: decode(item) for key, item in value.items()}


def _made(name: str, fields: dict[str, Any]) -> Any:
    module, _, kind = name.rpartition(".")
    if not module.startswith("moto."):
        raise ValueError(f"a kept object names the class {name}, which is none of moto's")
    owner = getattr(importlib.import_module(module), kind)
    made = owner.__new__(owner)
    vars(made).update(fields)
    return made
