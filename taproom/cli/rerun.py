"""`taproom rerun`: a new execution with the parameters of an earlier one."""

from __future__ import annotations

import sys

import click

from taproom.cli.account import Place, on_account, print_json
from taproom.cli.execution_argument import EXECUTION
from taproom.cli.following import followed, tell_end, to_watch, watch_option


@click.command()
@click.argument("execution", default="latest", type=EXECUTION)
@watch_option
@on_account
def rerun(place: Place, execution: str, watch: bool | None, as_json: bool) -> None:
    """Start anew with the parameters of EXECUTION.

    What its finished steps made is taken over. EXECUTION is an execution's ARN, its name, or "latest" (the default).
    Definition and code are those that are deployed now. A step whose inputs are as they were is not run again,
    however old its output is.

    For an execution one of whose models failed, whose files are broken, or which is too old for `taproom redrive`. That
    one goes on with the execution itself: after a failure before the models' branches, or where it was stopped.

    While another run is under way, the rerun is kept, and begins when that has ended.
    """
    from taproom.executions import ExecutionError, find_execution, stack_of
    from taproom.rerun import rerun as rerun_execution

    watch = to_watch(watch, as_json)
    with place.opened() as account:
        stepfunctions, cloudformation = account.client("stepfunctions"), account.client("cloudformation")
        arn = find_execution(stepfunctions, cloudformation, place.stack, execution)
        try:
            stack = stack_of(cloudformation, place.stack)
        except ExecutionError:  # an ARN says enough, as long as the execution is not forgotten
            stack = None
        started = rerun_execution(stepfunctions, account.client("s3"), arn, stack)
        if not as_json:
            click.echo(f"{started.rsplit(':', 1)[-1]} runs {arn.rsplit(':', 1)[-1]} again")
        described = {"status": "RUNNING"}
        if watch:
            snapshot = followed(stepfunctions, started, quiet=as_json)
            described = snapshot.execution
            if not as_json:
                tell_end(snapshot)
    if as_json:
        print_json({"schema_version": 1, "execution_arn": started, "rerun_of": arn, "status": described["status"]})
    if watch and described["status"] != "SUCCEEDED":
        sys.exit(1)
