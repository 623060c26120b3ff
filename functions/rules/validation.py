"""Typed documents: a pydantic model checks, and what it found is worded for the person who wrote the document.

The models' field descriptions complete the sentence "allowed is ...".
"""

from __future__ import annotations

import difflib
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_pascal
from pydantic.fields import FieldInfo

from rules.wording import clipped, printable, shown

Document = TypeVar("Document", bound="StrictDocument")


class StrictDocument(BaseModel):
    """A JSON object with PascalCase keys: unknown keys, other types and non-finite numbers are errors."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        allow_inf_nan=False,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        strict=True,
    )


class InvalidPayload(ValueError):
    """What the state machine sent to a function is not what the function takes."""


def validated(
    model: type[Document], document: Any, *, error: type[Exception] = InvalidPayload, where: str = ""
) -> Document:
    """``document`` as a ``model``; raises ``error`` naming each key, what was received and what is allowed.

    ``where`` is the path at which the document stands, for the message.
    """
    if not isinstance(document, dict):
        raise error(f"{where or 'the input'} must be a JSON object, received {shown(document)}")
    unknown = [key for key in document if not isinstance(key, str) or not _encodable(key)]
    if unknown:
        raise error(f"unknown key {shown(unknown[0])}; known are {_known(model)}")
    try:
        return model.model_validate(document)
    except ValidationError as problem:
        sentences = [_sentence(model, one, where) for one in problem.errors(include_url=False)]
        raise error(clipped("; ".join(sentences))) from problem


def _sentence(model: type[BaseModel], problem: Any, where: str) -> str:
    path, kind = problem["loc"], problem["type"]
    name = ".".join([*([where] if where else []), *(clipped(printable(str(part)), 100) for part in path)])
    holder, field = _look_up(model, path)
    if kind == "extra_forbidden":
        meant = near(str(path[-1]), _names(holder))
        return f"unknown key {name}" + (f"; did you mean {meant}?" if meant else "") + f" Known are {_known(holder)}"
    allowed = f"allowed is {field.description}" if field is not None and field.description else problem["msg"]
    if kind == "missing":
        return f"{name} is missing; {allowed}"
    if kind == "value_error":
        return f"{name or 'the input'}: {problem['ctx']['error']}"
    return f"{name}: received {shown(problem['input'])}; {allowed}"


def _look_up(model: type[BaseModel], path: tuple[Any, ...]) -> tuple[type[BaseModel], FieldInfo | None]:
    """The model that holds the last known key of ``path``, and that key's field, if it is known."""
    holder, field = model, None
    for depth, part in enumerate(path):
        fields = {info.alias: info for info in holder.model_fields.values()}
        field = fields.get(part) if isinstance(part, str) else None
        if field is None or depth == len(path) - 1:
            break
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            break  # a value within it that is no document of its own is described by the whole
        holder = field.annotation
    return holder, field


def _names(model: type[BaseModel]) -> list[str]:
    return [str(info.alias) for info in model.model_fields.values()]


def _known(model: type[BaseModel]) -> str:
    return ", ".join(_names(model))


def near(name: str, known: list[str]) -> str | None:
    """The known name that ``name`` was probably meant to be."""
    folded = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
