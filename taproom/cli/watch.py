"""`taproom watch`: the live view of an execution."""

from __future__ import annotations

import sys

import click

from taproom.cli.account import Place, on_account, print_json
from taproom.cli.execution_argument import EXECUTION
from taproom.cli.following import followed, tell_end


@click.command()
@click.argument("execution", default="latest", type=EXECUTION)
@on_account
def watch(place: Place, execution: str, as_json: bool) -> None:
    """Follow EXECUTION to its end.

    EXECUTION is an execution's name, its ARN, or "latest" (the default). The exit code is 0 where it succeeded, else 1.
    Ctrl-C ends the view, and not the execution.
    """
    from taproom.executions import find_execution
    from taproom.manage.found import existing

    with place.opened() as account:
        stepfunctions = account.client("stepfunctions")
        arn = find_execution(stepfunctions, account.client("cloudformation"), place.stack, execution)
        existing(stepfunctions, arn)
        snapshot = followed(stepfunctions, arn, quiet=as_json)
    if as_json:
        print_json({"schema_version": 1, "execution_arn": arn, "status": snapshot.status})
    else:
        tell_end(snapshot)
    if snapshot.status != "SUCCEEDED":
        sys.exit(1)
