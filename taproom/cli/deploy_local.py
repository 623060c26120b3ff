"""`taproom deploy-local`, which is `make deploy-local`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from taproom.cli.account import WORK, faults_told
from taproom.cli.following import followed, tell_end


@click.command("deploy-local", short_help="Deploy with the SAM CLI into the local AWS, and upload reviews.")
@click.option(
    "--reviews",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Reviews to upload: .csv, .csv.gz or .parquet. Default: generated beer reviews.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=4566, show_default=True, help="Where the server listens."
)
@click.option("--work", type=click.Path(path_type=Path), default=WORK, help="Its folder. Default: .taproom/ here.")
def deploy_local(reviews: Path | None, port: int, work: Path) -> None:
    """Build, validate and deploy with the unmodified SAM CLI into the local AWS, and upload reviews with the AWS CLI.

    Starts the local AWS as a server in the background where none runs, and leaves it running: taproom aws down ends it.
    """
    from taproom.aws_server import ServerFault
    from taproom.deploy import DeployFailed
    from taproom.package import PackagingFailed
    from taproom.sam_cli import ToolFailed
    from taproom.upload import NotStarted

    with faults_told():
        try:
            sys.exit(_deploy(reviews, port, work.absolute()))
        except (ServerFault, DeployFailed, PackagingFailed, ToolFailed, NotStarted) as fault:
            raise click.ClickException(str(fault)) from fault


def _deploy(reviews: Path | None, port: int, work: Path) -> int:
    from taproom import deploy_local as steps
    from taproom.account import opened
    from taproom.aws_server import found_or_started
    from taproom.local.aws import ACCOUNT_ID
    from taproom.sam_cli import PROJECT, tools
    from taproom.sample import kept_sample

    server = found_or_started(work, port)
    say(f"Local AWS at {server.endpoint_url}")
    cli = tools(PROJECT, server.endpoint_url, work / "aws")
    reviews = reviews or kept_sample(work / "sample", say=say)
    with opened(work) as account:
        deployed = steps.deploy(cli, account, steps.parameters_of(ACCOUNT_ID), say)
        execution = steps.upload(cli, account, deployed, reviews, say)
        snapshot = followed(account.client("stepfunctions"), execution, quiet=False)
        tell_end(snapshot)
    click.echo("\nThe local AWS stays; taproom aws down ends it. To ask it, with .venv-sam/bin on the PATH:")
    click.echo('    eval "$(taproom aws env)"')
    for question in steps.questions(execution, steps.schedule_of(cli)):
        click.echo(f"    {question}")
    return 0 if snapshot.status == "SUCCEEDED" else 1


def say(line: str) -> None:
    """A line about what comes next, told from what the tools print."""
    click.secho(f"--- {line}", bold=True)
