"""`taproom schedule`: whether the stack retrains by itself, and when next."""

from __future__ import annotations

import click

from taproom.cli.account import Place, on_account, print_json


@click.command()
@click.argument("action", type=click.Choice(["on", "off", "next"]), default="next")
@on_account
def schedule(place: Place, action: str, as_json: bool) -> None:
    """Turn the schedule on or off, or tell when it fires next.

    A deployment that changes anything of it (ScheduleState, ScheduleExpression, DefaultInput) gives it the state of the
    stack's parameter ScheduleState again.
    """
    from datetime import UTC, datetime

    from taproom.executions import stack_of
    from taproom.manage.schedule import OFF, ON, next_of, schedule_name, switch
    from taproom.printable import printable

    with place.opened() as account:
        cloudformation, scheduler = account.client("cloudformation"), account.client("scheduler")
        machine = stack_of(cloudformation, place.stack).machine
        name = schedule_name(cloudformation, place.stack)
        changed = action != "next" and switch(scheduler, name, ON if action == "on" else OFF)
        described = scheduler.get_schedule(Name=name)
        following = next_of(account.client("stepfunctions"), machine, described, datetime.now(UTC))
    expression, is_on = described["ScheduleExpression"], described["State"] == ON
    if as_json:
        told = {"schema_version": 1, "name": name, "expression": expression, "on": is_on, "changed": changed}
        print_json(told | {"next": following.at and following.at.isoformat(), "why": following.why})
        return
    word = "on" if is_on else "off"
    already = "" if action == "next" or changed else " already"
    click.echo(f"The schedule is {word}{already}: {printable(expression)}")
    if not is_on:
        click.echo("It stays off until `taproom schedule on`, or a deployment that changes anything of it.")
    elif following.at is None:
        click.echo(printable(f"Next: {following.why}"))
    else:
        click.echo(printable(f"Next: {following.at:%Y-%m-%d %H:%M} UTC ({following.why})"))
