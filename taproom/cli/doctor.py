"""`taproom doctor`: what would keep a run from succeeding, before one is paid."""

from __future__ import annotations

import sys

import click

from taproom.cli.account import Place, console, on_account, print_json


@click.command()
@click.option("--input", "given", metavar="FILE|-|JSON", help="Parameters of the run to come, as for `taproom start`.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="One parameter on top.")
@on_account
def doctor(place: Place, given: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """Look for what would keep a run from succeeding.

    Checks credentials, stack, state machine, functions, roles and what they may do, quotas of the instance types,
    images, job scripts, the bucket's notifications, upload rule, schedule, reviews, registry, the table of runs, and
    whether anybody gets what the topic tells. Nothing is changed.

    Each finding says what to do. The exit code is 1 where a check failed; a warning (!) may be meant.
    """
    from taproom.doctor.examine import examine
    from taproom.doctor.finding import FAIL
    from taproom.doctor.site import Site
    from taproom.doctor.view import print_finding
    from taproom.manage.parameters import NotParameters, read_parameters
    from taproom.manage.start import at_aws

    try:
        parameters = read_parameters(given, settings)
    except NotParameters as error:
        raise click.ClickException(str(error)) from error
    findings = []
    with place.opened() as account:
        site = Site(account, place.stack, at_aws(account.client("stepfunctions")), parameters)
        for finding in examine(site):
            findings.append(finding)
            if not as_json:
                print_finding(console(), finding)
    failed = any(one.status == FAIL for one in findings)
    if as_json:
        print_json({"schema_version": 1, "ok": not failed, "findings": [one.document() for one in findings]})
    if failed:
        sys.exit(1)
