"""`taproom aws`: the local AWS as a server, for the AWS CLI, the SAM CLI and whatever else speaks to AWS."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from taproom.cli.account import WORK


def _work(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--work",
        type=click.Path(path_type=Path),
        default=WORK,
        help="Its folder. Default: .taproom/ here.",
    )
    return option(command)


@click.group(short_help="The local AWS as a server.")
def aws() -> None:
    """The local AWS as a server that stays, for the AWS CLI, the SAM CLI and whatever else speaks to AWS."""


@aws.command()
@click.option("--port", type=click.IntRange(0, 65535), default=4566, show_default=True, help="0: any free one.")
@_work
def up(port: int, work: Path) -> None:
    """Run it until Ctrl-C. It is for this machine alone.

    Buckets, objects, tables and registered models are kept for the next time; stacks, functions and executions are not.
    """
    from taproom.aws_server import ServerFault, serve
    from taproom.cli.account import faults_told

    root = work.absolute() / "aws"
    given = dict(os.environ)  # as the shell has it: while the local AWS runs it is another
    with faults_told():
        _refuse_second(root)
        try:
            serve(root, port, lambda endpoint_url: _tell_how_to_use(endpoint_url, root, given), click.echo)
        except ServerFault as fault:
            raise click.ClickException(str(fault)) from fault


@aws.command()
@_work
def env(work: Path) -> None:
    """Print the shell's lines that lead other programs here: eval "$(taproom aws env)".

    What is set and would lead elsewhere, such as AWS_PROFILE, is unset.
    """
    from taproom.shell_environment import shell_lines

    root = work.absolute() / "aws"
    for line in shell_lines(_found(root).endpoint_url, root, os.environ):
        click.echo(line)


@aws.command()
@_work
def down(work: Path) -> None:
    """End the server; executions and jobs that are under way are stopped."""
    from taproom.aws_server import ServerFault, stop
    from taproom.cli.account import faults_told

    with faults_told():
        try:
            ended = stop(work.absolute() / "aws")
        except ServerFault as fault:
            raise click.ClickException(str(fault)) from fault
    click.echo("Ended." if ended else "No local AWS is running.")


def _refuse_second(root: Path) -> None:
    from taproom.aws_server import settled

    found = settled(root)
    if found is not None:
        ending = "taproom aws down ends it" if found.is_server else "it ends by itself"
        raise click.ClickException(
            f"a local AWS is running already, at {found.endpoint_url} (process {found.pid}): use that one; {ending}"
        )


def _found(root: Path) -> Any:
    from taproom.aws_server import settled
    from taproom.cli.account import faults_told

    with faults_told():
        found = settled(root)
    if found is None:
        raise click.ClickException(f"no local AWS is running in {root}: taproom aws up starts one")
    return found


def _tell_how_to_use(endpoint_url: str, root: Path, given: Mapping[str, str]) -> None:
    from taproom.shell_environment import shell_lines

    click.echo(f"Local AWS at {endpoint_url}, kept in {root}. Ctrl-C ends it.")
    click.echo('For another shell: eval "$(taproom aws env)", which is\n')
    for line in shell_lines(endpoint_url, root, given):
        click.echo(f"    {line}")
    click.echo("")
