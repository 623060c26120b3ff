"""`taproom redrive`: an execution that failed goes on from where it failed."""

from __future__ import annotations

import sys
from typing import Any

import click

from taproom.cli.account import Place, on_account, print_json
from taproom.cli.execution_argument import EXECUTION
from taproom.cli.following import followed, tell_end, to_watch, watch_option


@click.command()
@click.argument("execution", type=EXECUTION)
@watch_option
@on_account
def redrive(place: Place, execution: str, watch: bool | None, as_json: bool) -> None:
    """Continue EXECUTION from the step at which it failed, was stopped or ran out of time.

    Finished steps keep their results. EXECUTION is an execution's ARN, its name, or "latest". Up to 14 days after its
    end; the definition is the one that it was started with.

    For a failure before the models' branches, and for what was stopped or ran out of time. Where a model's branch has
    ended as failed, after 14 days, or after a new deployment: `taproom rerun`. It may not go on while another run is
    under way, and is ended again then.

    A local AWS forgets executions when it ends: one can be redriven only while that AWS runs.
    """
    from taproom.executions import find_execution
    from taproom.redrive import redrive as redrive_execution

    watch = to_watch(watch, as_json)
    with place.opened() as account:
        stepfunctions = account.client("stepfunctions")
        arn = find_execution(stepfunctions, account.client("cloudformation"), place.stack, execution)
        described = redrive_execution(stepfunctions, arn)
        if not as_json:
            click.echo(f"{described['name']} goes on (redrive {described['redriveCount']})")
        if watch:
            snapshot = followed(stepfunctions, arn, quiet=as_json)
            described = snapshot.execution
            if not as_json:
                tell_end(snapshot)
    if as_json:
        print_json(_document(described))
    if watch and described["status"] != "SUCCEEDED":
        sys.exit(1)


def _document(execution: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "execution_arn": execution["executionArn"],
        "status": execution["status"],
        "redrive_count": execution["redriveCount"],
        "redrive_date": execution["redriveDate"].isoformat(),
    }
