"""Writes docs/parameters.md from the code: `python docs/parameters.py`, which `make render` calls.

It is of no room, as it reads two: the execution's parameters of functions/, and the stack's of template.yaml.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "parameters.md"
sys.path.append(str(PROJECT / "functions"))  # as Lambda has it

from rules import execution_input  # noqa: E402

NAMES = {str: "text", int: "integer", float: "number", bool: "boolean", dict: "object"}
NONE = "none"
HEAD = """# Parameters

`make render` writes this page from `functions/rules/execution_input.py` and `template.yaml`.

## Of an execution

Every key is optional. Unknown keys and other types are refused by the first state, before any job is paid. A name with
a point is a key of an object: `Columns.User` is `{"Columns": {"User": "userId"}}`. Where the default is none, leave the
key out to have it.

| parameter | type | default | allowed | meaning |
|---|---|---|---|---|
"""
STACK = """
## Of the stack

Given to `sam deploy --guided`, or as `--parameter-overrides Name=value`.

| parameter | type | default | allowed | meaning |
|---|---|---|---|---|
"""


def written() -> str:
    """The page as it should be."""
    parameters = rows_of(execution_input.ExecutionInput)
    return HEAD + "".join(map(_line, parameters)) + STACK + "".join(map(_line, stack_rows()))


def rows_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str, str]]:
    """Name, type, default, what is allowed and meaning of each field, those of an object's own fields after it.

    The meaning is the text below the field; where there is none, what the object's class says of itself.
    """
    meanings = meanings_of(model)
    for name, field in model.model_fields.items():
        own = _model(field.annotation)
        default = field.get_default()
        if own:
            default = default.model_dump(by_alias=True, exclude_none=True)
        yield (
            f"`{prefix}{field.alias}`",
            _type(field.annotation),
            NONE if default is None else f"`{json.dumps(default)}`",
            _allowed(field),
            meanings.get(name) or inspect.cleandoc((own or model).__doc__ or ""),
        )
        if own:
            yield from rows_of(own, f"{prefix}{field.alias}.")


def meanings_of(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field of a class, on one line."""
    (body,) = [
        node.body
        for node in ast.parse(inspect.getsource(sys.modules[model.__module__])).body
        if isinstance(node, ast.ClassDef) and node.name == model.__name__
    ]
    told = {}
    for field, below in pairwise(body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            told[field.target.id] = " ".join(str(below.value.value).split())
    return told


def stack_rows() -> Iterator[tuple[str, str, str, str, str]]:
    """The same of template.yaml's parameters."""
    for name, one in yaml.load((PROJECT / "template.yaml").read_text(), _Template)["Parameters"].items():
        default = one.get("Default")
        told = NONE if default in (None, "") else f"`{default}`"
        yield f"`{name}`", one["Type"].lower(), told, _stack_allowed(one), f"{one['Description']}."


class _Template(yaml.SafeLoader):
    """CloudFormation's tags, which the parameters have none of, are passed over."""


_Template.add_multi_constructor("!", lambda *_: None)


def _line(row: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in row) + " |\n"


def _type(annotation: Any) -> str:
    """What JSON calls it."""
    kinds = [one for one in get_args(annotation) if one is not type(None)]
    if get_origin(annotation) in (Union, UnionType):
        return _type(kinds[0])
    if get_origin(annotation) is Literal:
        return _type(type(kinds[0]))
    if hasattr(annotation, "__metadata__"):  # Annotated
        return _type(annotation.__origin__)
    return "object" if _model(annotation) else NAMES[get_origin(annotation) or annotation]


def _model(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _allowed(field: FieldInfo) -> str:
    """What error messages say is allowed; an optional column says it inside of its type."""
    if field.description:
        return field.description
    inner = [part for one in get_args(field.annotation) for part in getattr(one, "__metadata__", ())]
    return next(part.description for part in inner if isinstance(part, FieldInfo) and part.description)


def _stack_allowed(one: dict[str, Any]) -> str:
    if "AllowedValues" in one:
        return ", ".join(f"`{value}`" for value in one["AllowedValues"])
    if "MinValue" in one:
        return f"{one['MinValue']} to {one['MaxValue']}"
    if "ConstraintDescription" in one:
        return one["ConstraintDescription"].removeprefix("must be ")
    return f"`{one['AllowedPattern']}`" if "AllowedPattern" in one else ""


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
