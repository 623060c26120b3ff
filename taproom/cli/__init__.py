"""The `taproom` command. Each subcommand is a thin shell over a module of its own, imported only when it is called."""

from __future__ import annotations

import click

from taproom.cli.aws import aws
from taproom.cli.compare import compare
from taproom.cli.deploy_local import deploy_local
from taproom.cli.doctor import doctor
from taproom.cli.explain_cache import explain_cache
from taproom.cli.graph import graph
from taproom.cli.logs import logs
from taproom.cli.recommend import recommend
from taproom.cli.redrive import redrive
from taproom.cli.registry import approve, diff, reject, rollback, show, versions
from taproom.cli.rerun import rerun
from taproom.cli.run import run
from taproom.cli.runs import runs
from taproom.cli.schedule import schedule
from taproom.cli.start import start
from taproom.cli.stop import stop
from taproom.cli.watch import watch


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def taproom() -> None:
    """A recommender that retrains itself, here or on AWS."""


COMMANDS = (
    *(run, start, watch, stop, runs, logs, schedule, doctor),
    *(versions, show, diff, compare, approve, reject, rollback, recommend),
    *(redrive, rerun, explain_cache, graph),
    *(aws, deploy_local),
)
for command in COMMANDS:
    taproom.add_command(command)


def main() -> None:
    taproom(prog_name="taproom")
