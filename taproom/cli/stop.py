"""`taproom stop`: an execution is ended."""

from __future__ import annotations

import sys

import click

from taproom.cli.account import Place, on_account, print_json
from taproom.cli.execution_argument import EXECUTION


@click.command()
@click.argument("execution", required=False, type=EXECUTION)
@click.option("--yes", is_flag=True, help="Do not ask first. Without a terminal nothing is asked.")
@on_account
def stop(place: Place, execution: str | None, yes: bool, as_json: bool) -> None:
    """End EXECUTION, and its jobs with it.

    EXECUTION is an execution's name, its ARN, or "latest". Default: the one that runs. What its finished steps made is
    kept: `taproom redrive` goes on from there.
    """
    from taproom.executions import find_execution, stack_of
    from taproom.manage.stop import THEN, check_running, the_running_one
    from taproom.manage.stop import stop as stop_execution

    with place.opened() as account:
        stepfunctions, cloudformation = account.client("stepfunctions"), account.client("cloudformation")
        if execution is None:
            arn = the_running_one(stepfunctions, stack_of(cloudformation, place.stack).machine)
        else:
            arn = find_execution(stepfunctions, cloudformation, place.stack, execution)
        check_running(stepfunctions, arn)
        name = arn.rsplit(":", 1)[-1]
        if not yes and not as_json and sys.stdin.isatty():
            click.confirm(f"Stop {name}? {THEN}", abort=True)
        status = stop_execution(stepfunctions, arn)
    if as_json:
        print_json({"schema_version": 1, "execution_arn": arn, "status": status})
    elif status == "ABORTED":
        click.echo(f"{name} is stopped. {THEN}\nWhat now: taproom redrive {name}")
    else:
        click.echo(f"{name} is {status}")
