"""`taproom runs`: the executions of the stack, and what became of them."""

from __future__ import annotations

import click

from taproom.cli.account import Place, console, on_account, print_json
from taproom.manage.runs import STATUSES


@click.command()
@click.option("--status", type=click.Choice(list(STATUSES)), help="Only executions of this status.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the newest first.")
@on_account
def runs(place: Place, status: str | None, limit: int, as_json: bool) -> None:
    """List executions: what started them, and how they ended.

    The newest come first. Times are in UTC. Step Functions forgets executions 90 days after their end.
    """
    from datetime import UTC, datetime

    from taproom.executions import stack_of
    from taproom.manage.runs import list_runs
    from taproom.manage.view_runs import print_runs

    with place.opened() as account:
        machine = stack_of(account.client("cloudformation"), place.stack).machine
        listed = list_runs(account.client("stepfunctions"), machine, limit, status)
    if as_json:
        print_json({"schema_version": 1, "runs": [one.document() for one in listed]})
    elif not listed:
        click.echo(f"No execution{' of this status' if status else ' yet: `taproom start`, or upload reviews'}.")
    else:
        print_runs(console(), listed, datetime.now(UTC))
