"""`taproom logs`: what the jobs and functions of a step said."""

from __future__ import annotations

import json
from pathlib import Path
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
@click.option("--runs", type=click.Path(path_type=Path), help="Folder of collected runs. Default: runs/ here.")
@on_account
def logs(place: Place, step: str, execution: str, follow: bool, runs: Path | None, as_json: bool) -> None:
    """Show the logs of a STEP.

    STEP is a job (Preprocess, TrainRanking, EvaluateRetrieval) or a function (Prepare, GateRanking) of EXECUTION: an
    execution's name, its ARN, or "latest" (the default). A job's lines are those of all its rounds. Times are in UTC.
    --json prints a JSON object for each line.

    With --profile, --region, --endpoint-url, or while a local AWS runs, they are read from CloudWatch Logs; else the
    jobs' from the run's folder in runs/, where `taproom run` left it.
    """
    from taproom.account import is_running
    from taproom.cli.account import faults_told

    if runs is None and (place.names_account or is_running(place.work)):
        _stored(place, step, execution, follow, as_json)
    else:
        with faults_told():
            _collected(runs, step, execution, as_json)


def _stored(place: Place, step: str, execution: str, follow: bool, as_json: bool) -> None:
    from taproom.executions import find_execution
    from taproom.manage.found import existing
    from taproom.manage.logs import StepLogs, readable

    show = _Shown(as_json)
    with place.opened() as account:
        stepfunctions = account.client("stepfunctions")
        arn = find_execution(stepfunctions, account.client("cloudformation"), place.stack, execution)
        existing(stepfunctions, arn)
        said = StepLogs(stepfunctions, account.client("logs"), arn, step, f"/aws/lambda/{place.stack}")
        for line in said.followed() if follow else said.all():
            show.line(line.document(), readable(line))
    show.end()


def _collected(runs: Path | None, step: str, execution: str, as_json: bool) -> None:
    from taproom.cached import run_folder
    from taproom.ending import name_of
    from taproom.manage.collected_logs import collected_lines
    from taproom.run import PROJECT

    show = _Shown(as_json)
    folder = run_folder((runs or PROJECT / "runs").absolute(), name_of(execution))
    for job, line in collected_lines(folder, step):
        show.line({"at": None, "source": job, "message": line}, line.expandtabs())
    show.end()


class _Shown:
    """Lines on the terminal, below the name of their source; or as JSON."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._source: str | None = None

    def line(self, document: dict[str, Any], readable: str) -> None:
        from taproom.printable import printable

        if self._as_json:
            click.echo(json.dumps(document))
            return
        if document["source"] != self._source:
            self._source = document["source"]
            click.echo(printable(f"{self._source}:"))
        click.echo(printable(readable))

    def end(self) -> None:
        if self._source is None and not self._as_json:
            click.echo("Nothing was said.", err=True)
