"""What the commands that follow an execution to its end share: that, and telling how it ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from taproom.cli.account import console

if TYPE_CHECKING:
    from taproom.follow import Snapshot

INTERRUPTED = 130  # the exit code of what Ctrl-C ended, as shells have it
watch_option = click.option("--watch/--no-watch", default=None, help="Follow it to its end. Default: on a terminal.")


def to_watch(watch: bool | None, as_json: bool) -> bool:
    """Whether to follow, where nothing is said."""
    return sys.stdout.isatty() and not as_json if watch is None else watch


def followed(stepfunctions: Any, execution_arn: str, quiet: bool) -> Snapshot:
    """The last snapshot; all of them are shown on the way. Ctrl-C ends the command, and says what goes on."""
    from rich.console import Console

    from taproom.follow import follow
    from taproom.view import LiveView

    view = LiveView(Console(quiet=True) if quiet else console())
    try:
        with view:
            for snapshot in follow(stepfunctions, execution_arn):
                view.show(snapshot)
    except KeyboardInterrupt:
        name = execution_arn.rsplit(":", 1)[-1]
        click.echo(f"The execution goes on. `taproom watch {name}` shows it, `taproom stop {name}` ends it.", err=True)
        sys.exit(INTERRUPTED)
    return snapshot


def tell_end(snapshot: Snapshot) -> None:
    from taproom.ending import quiet_end
    from taproom.outcome import failures_of, model_results
    from taproom.printable import printable

    if snapshot.status == "SUCCEEDED" and (quiet := quiet_end(snapshot.events)):
        click.echo(printable(quiet.sentence))
    for result in model_results(snapshot.events):
        click.echo(printable(f"{result['Model']}: {result['Status']}  {result.get('Reason', '')}").rstrip())
    failures = failures_of(snapshot)
    for failure in failures:
        click.echo(printable(f"{failure.step} failed: {failure.error} {failure.cause}").rstrip())
    for command in dict.fromkeys(failure.what_now for failure in failures if failure.what_now):
        click.echo(printable(f"What now: {command}"))
    click.echo(f"Execution {snapshot.status}")
