"""`taproom start`: an execution of the deployed state machine."""

from __future__ import annotations

import sys

import click

from taproom.cli.account import Place, on_account, print_json
from taproom.cli.following import followed, tell_end, to_watch, watch_option


@click.command()
@click.option("--input", "given", metavar="FILE|-|JSON", help="Parameters: a file, standard input, or a JSON object.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="One parameter on top, such as TrainingEpochs=3 or Columns.User=userId. As often as you like.",
)
@click.option("--name", metavar="NAME", help="The execution's name, never used before. Default: one is made up.")
@watch_option
@on_account
def start(
    place: Place, given: str | None, settings: tuple[str, ...], name: str | None, watch: bool | None, as_json: bool
) -> None:
    """Start an execution of the deployed stack.

    Without parameters all of them have their defaults (README, Parameters). Unknown names and wrong values are refused
    by the execution's first step, before any job is paid.

    While another run is under way, this one is kept, and begins when that has ended. With --watch the exit code is 0
    where it succeeded, else 1.
    """
    from taproom.executions import stack_of
    from taproom.manage.parameters import NotParameters, read_parameters
    from taproom.manage.start import console_url
    from taproom.manage.start import start as start_execution

    watch = to_watch(watch, as_json)
    try:
        parameters = read_parameters(given, settings)
    except NotParameters as error:
        raise click.ClickException(str(error)) from error
    with place.opened() as account:
        stepfunctions = account.client("stepfunctions")
        machine = stack_of(account.client("cloudformation"), place.stack).machine
        arn = start_execution(stepfunctions, machine, parameters, name)
        url = console_url(stepfunctions, arn)
        if not as_json:
            click.echo("\n".join([arn, url] if url else [arn]))
        status = "RUNNING"
        if watch:
            snapshot = followed(stepfunctions, arn, quiet=as_json)
            status = snapshot.status
            if not as_json:
                tell_end(snapshot)
    if as_json:
        print_json({"schema_version": 1, "execution_arn": arn, "console_url": url, "status": status})
    if watch and status != "SUCCEEDED":
        sys.exit(1)
