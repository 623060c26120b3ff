"""EXECUTION on the command line, whose names the shell completes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

COMPLETED = 25  # the newest executions: one call, quick enough for a key press


class ExecutionType(click.ParamType):
    """A text: an ARN, a name or "latest". Completes the newest names of the stack that the other options choose."""

    name = "execution"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        try:
            names = ["latest", *_newest(ctx.params)]
        except Exception:  # noqa: BLE001 - a key press says nothing of what is wrong: the command will
            names = ["latest"]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


EXECUTION = ExecutionType()


def _newest(options: dict[str, Any]) -> list[str]:
    """Names of the newest executions; none where that would take starting a local AWS."""
    from taproom.account import is_running
    from taproom.cli.account import WORK, Place
    from taproom.executions import stack_of

    work = options.get("work") or WORK
    place = Place(
        Path(work).absolute(),
        options.get("profile"),
        options.get("region"),
        options.get("endpoint_url"),
        options.get("stack") or "taproom",
    )
    if not place.names_account and not is_running(place.work):
        return []
    with place.opened() as account:
        machine = stack_of(account.client("cloudformation"), place.stack).machine
        listed = account.client("stepfunctions").list_executions(stateMachineArn=machine, maxResults=COMPLETED)
    return [one["name"] for one in listed["executions"]]
