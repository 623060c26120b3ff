"""`taproom graph`: the state machine as a picture, coloured by what an execution did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from taproom.cli.account import Place, on_account, print_json
from taproom.cli.execution_argument import EXECUTION

if TYPE_CHECKING:
    from taproom.graph.recorded import Recorded


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["svg", "mermaid"]),
    help="Default: svg into a file whose name ends so, else mermaid.",
)
@click.option("--all", "every_state", is_flag=True, help="Every state. Default: one box per job.")
@click.option("--run", "run", metavar="EXECUTION", type=EXECUTION, help="Colour it by an execution's history.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="File. Default: the terminal.",
)
@on_account
def graph(
    place: Place, form: str | None, every_state: bool, run: str | None, output: Path | None, as_json: bool
) -> None:
    """Draw the state machine.

    EXECUTION is a folder of a collected run (runs/latest), or an execution's ARN, its name, or "latest" on an account.
    An outcome is told by colour and mark: ✓ succeeded, ✗ failed, ↺ taken from an earlier run, ■ aborted, ▶ running.
    """
    from taproom.graph.document import document
    from taproom.graph.mermaid import mermaid
    from taproom.graph.picture import picture
    from taproom.graph.svg import DrawingFailed, svg

    recorded = _recorded(place, run) if run else None
    drawn = picture(recorded, every_state=every_state)
    if as_json:
        print_json(document(drawn.graph, recorded.name if recorded else None, drawn.course))
        return
    if (form or _form_of(output)) == "mermaid":
        text = mermaid(drawn.graph, drawn.course)
    else:
        try:
            text = svg(drawn.graph, drawn.title, drawn.course)
        except DrawingFailed as error:
            raise click.ClickException(str(error)) from error
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error


def _form_of(output: Path | None) -> str:
    return "svg" if output is not None and output.suffix == ".svg" else "mermaid"


def _recorded(place: Place, run: str) -> Recorded:
    """A folder where there is one of that name, unless an option names an account."""
    from taproom.executions import find_execution
    from taproom.graph.recorded import RunUnreadable, from_account, from_folder

    folder = Path(run)
    if folder.is_dir() and not place.names_account:
        try:
            return from_folder(folder)
        except RunUnreadable as error:
            raise click.ClickException(str(error)) from error
    if "/" in run and not run.startswith("arn:"):
        raise click.ClickException(f"no folder {run}")
    with place.opened() as account:
        stepfunctions = account.client("stepfunctions")
        return from_account(
            stepfunctions, find_execution(stepfunctions, account.client("cloudformation"), place.stack, run)
        )
