"""VERSION on the command line, and --model, which completes it."""

from __future__ import annotations

from typing import Any

import click

from taproom.registry.names import MODELS, NotAVersionName, VersionName, parse_name

DEFAULT_MODEL = MODELS[0]


class VersionType(click.ParamType):
    name = "version"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> VersionName:
        if isinstance(value, VersionName):
            return value
        try:
            return parse_name(value)
        except NotAVersionName as error:
            self.fail(str(error), param, ctx)


VERSION = VersionType()
model_option = click.option(
    "--model", type=click.Choice(MODELS), help=f"The model of a VERSION that names none. Default: {DEFAULT_MODEL}."
)


def model_of(name: VersionName, model: str | None) -> str:
    """The model that is meant. Raises UsageError where VERSION and --model name different ones."""
    if name.model and model and name.model != model:
        raise click.UsageError(f"{name.text} and --model {model} name different models: leave one out")
    return name.model or model or DEFAULT_MODEL
