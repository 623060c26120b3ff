"""`taproom redrive`: an execution that failed goes on from where it failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from taproom.cli.account import Place, console, on_account, print_json

if TYPE_CHECKING:
    from taproom.follow import Snapshot


@click.command()
@click.argument("execution")
@click.option("--watch/--no-watch", default=None, help="Follow it to its end. Default: on a terminal.")
@on_account
def redrive(place: Place, execution: str, watch: bool | None, as_json: bool) -> None:
    """Continue EXECUTION from the step at which it failed, was stopped or ran out of time.

    Finished steps keep their results. EXECUTION is an execution's ARN, its name, or "latest". Up to 14 days after its
    end; the definition is the one that it was started with.

    A local AWS forgets executions when it ends: one can be redriven only while that AWS runs.
    """
    from taproom.redrive import find_execution
    from taproom.redrive import redrive as redrive_execution

    if watch is None:
        watch = sys.stdout.isatty() and not as_json
    with place.opened() as account:
        stepfunctions = account.client("stepfunctions")
        arn = find_execution(stepfunctions, account.client("cloudformation"), place.stack, execution)
        described = redrive_execution(stepfunctions, arn)
        if not as_json:
            click.echo(f"{described['name']} goes on (redrive {described['redriveCount']})")
        if watch:
            snapshot = _followed(stepfunctions, arn, quiet=as_json)
            described = snapshot.execution
            if not as_json:
                _tell_end(snapshot)
    if as_json:
        print_json(_document(described))
    if watch and described["status"] != "SUCCEEDED":
        sys.exit(1)


def _followed(stepfunctions: Any, execution_arn: str, quiet: bool) -> Snapshot:
    """The last snapshot; all of them are shown on the way."""
    from rich.console import Console

    from taproom.follow import follow
    from taproom.view import LiveView

    view = LiveView(Console(quiet=True) if quiet else console())
    with view:
        for snapshot in follow(stepfunctions, execution_arn):
            view.show(snapshot)
    return snapshot


def _tell_end(snapshot: Snapshot) -> None:
    from taproom.outcome import failures_of, model_results
    from taproom.printable import printable

    for result in model_results(snapshot.events):
        click.echo(printable(f"{result['Model']}: {result['Status']}  {result.get('Reason', '')}").rstrip())
    for failure in failures_of(snapshot):
        click.echo(printable(f"{failure.step} failed: {failure.error} {failure.cause}").rstrip())
    click.echo(f"Execution {snapshot.status}")


def _document(execution: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "execution_arn": execution["executionArn"],
        "status": execution["status"],
        "redrive_count": execution["redriveCount"],
        "redrive_date": execution["redriveDate"].isoformat(),
    }
