"""`taproom logs`: what the jobs and functions of a step said."""

from __future__ import annotations

import json
from typing import Any

import click

from taproom.cli.account import Place, on_account
from taproom.cli.execution_argument import EXECUTION


class StepType(click.ParamType):
    """A state's name; those of the state machine in this project are completed."""

    name = "step"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from taproom.graph.definition import load_definition
        from taproom.history import states_in

        names = [name for name, state in states_in(load_definition()) if state["Type"] == "Task"]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command()
@click.argument("step", type=StepType())
@click.argument("execution", default="latest", type=EXECUTION)
@click.option("--follow", is_flag=True, help="Show lines as they come, until the step is over.")
@on_account
def logs(place: Place, step: str, execution: str, follow: bool, as_json: bool) -> None:
    """Show the logs of a STEP.

    STEP is a job (Preprocess, TrainRanking, EvaluateRetrieval) or a function (Prepare, GateRanking) of EXECUTION: an
    execution's name, its ARN, or "latest" (the default). A job's lines are those of all its rounds. Times are in UTC.
    --json prints a JSON object for each line.
    """
    from taproom.executions import find_execution
    from taproom.manage.found import existing
    from taproom.manage.logs import StepLogs, readable
    from taproom.printable import printable

    with place.opened() as account:
        stepfunctions = account.client("stepfunctions")
        arn = find_execution(stepfunctions, account.client("cloudformation"), place.stack, execution)
        existing(stepfunctions, arn)
        said = StepLogs(stepfunctions, account.client("logs"), arn, step, f"/aws/lambda/{place.stack}")
        source = None
        for line in said.followed() if follow else said.all():
            if as_json:
                click.echo(json.dumps(line.document()))
                continue
            if line.source != source:
                source = line.source
                click.echo(f"{source}:")
            click.echo(printable(readable(line)))
        if source is None and not as_json:
            click.echo("Nothing was said.", err=True)
