"""`taproom explain-cache`: which steps of a run were taken from earlier runs, and why the others were not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taproom.cli.account import Place, on_account, print_json
from taproom.cli.execution_argument import EXECUTION

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("explain-cache")
@click.argument("execution", default="latest", type=EXECUTION)
@click.option("--runs", type=click.Path(path_type=Path), help="Folder of collected runs. Default: runs/ here.")
@on_account
def explain_cache(place: Place, execution: str, runs: Path | None, as_json: bool) -> None:
    """Tell which steps were cached, and why others ran.

    For each step of EXECUTION: the earlier run from which it was taken, or the reason why it was not, and how its
    inputs differ from those of the newest run of that step. EXECUTION is an execution's name, its ARN, or "latest" (the
    default).

    Reads the run's folder in runs/, where `taproom run` left it; with --profile, --region, --endpoint-url, or while a
    local AWS runs, the bucket of the stack.
    """
    from taproom.account import is_running
    from taproom.cache_explained import explained
    from taproom.cli.account import faults_told
    from taproom.printable import printable

    if runs is None and (place.names_account or is_running(place.work)):
        documents = _stored(place, execution)
    else:
        with faults_told():
            documents = _collected(runs, execution)
    if as_json:
        print_json({"schema_version": 1, "steps": documents})
        return
    for line in explained(documents):
        click.echo(printable(line))


def _stored(place: Place, execution: str) -> Sequence[dict[str, Any]]:
    from taproom.cache_explained import stored
    from taproom.executions import find_execution, stack_of

    with place.opened() as account:
        cloudformation = account.client("cloudformation")
        stack = stack_of(cloudformation, place.stack)
        arn = find_execution(account.client("stepfunctions"), cloudformation, place.stack, execution)
        return stored(account.client("s3"), stack, arn)


def _collected(runs: Path | None, execution: str) -> Sequence[dict[str, Any]]:
    from taproom.cache_explained import collected
    from taproom.run import PROJECT

    return collected((runs or PROJECT / "runs").absolute(), execution)
