"""The parameters that an execution is started with. What they mean is for the state machine's first state to check."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

STDIN = "-"


class NotParameters(ValueError):
    """What was given is no JSON object, or no NAME=VALUE."""


def read_parameters(given: str | None, settings: Iterable[str] = ()) -> dict[str, Any]:
    """The object in ``given`` (a file's name, ``-`` for standard input, or JSON itself), with ``settings`` on top.

    A setting is ``TrainingEpochs=3`` or ``Columns.User=userId``: JSON where it is JSON, else a text.
    Raises NotParameters.
    """
    parameters = _object(*_text(given)) if given is not None else {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not all(name.split(".")):
            raise NotParameters(f"{setting!r} is no NAME=VALUE, such as TrainingEpochs=3")
        _set(parameters, name.split("."), _value(value), setting)
    return parameters


def _text(given: str) -> tuple[str, str]:
    """The text, and what to call it."""
    if given.lstrip().startswith("{"):
        return given, "the input"
    try:
        if given == STDIN:
            return sys.stdin.read(), "standard input"
        return Path(given).read_text(encoding="utf-8"), given
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NotParameters(f"{given} cannot be read: {reason}. Give a file, - or a JSON object") from error


def _object(text: str, source: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise NotParameters(f"{source} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise NotParameters(f"{source} must be a JSON object of parameters, but is a {type(document).__name__}")
    return document


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return text


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _set(document: dict[str, Any], path: list[str], value: Any, setting: str) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
        if not isinstance(document, dict):
            raise NotParameters(f"{setting!r}: {name} is no object")
    document[path[-1]] = value
