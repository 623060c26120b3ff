"""`taproom compare`: the last versions side by side, as a page."""

from __future__ import annotations

from pathlib import Path

import click

from taproom.cli.account import Place, console, on_account, print_json
from taproom.registry.names import MODELS


@click.command()
@click.option("--model", type=click.Choice(MODELS), help="Only this model's. Default: both models'.")
@click.option("--last", type=click.IntRange(min=1), default=10, show_default=True, help="How many, the newest first.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=Path("compare.html"),
    show_default=True,
    help="The page's file.",
)
@on_account
def compare(place: Place, model: str | None, last: int, output: Path, as_json: bool) -> None:
    """Compare the last versions.

    A page of metrics with intervals beside baseline and threshold, data, training time and cost, and what changed from
    one version to the next. With --json the numbers are printed, and no page is written.

    A number that is not recorded of a version is a gap, and the page says why.
    """
    from taproom.compare import compare_versions, write_page
    from taproom.compare.view import print_comparison
    from taproom.run import RUNS

    with place.opened() as account:
        comparisons = compare_versions(account, place.stack, (model,) if model else MODELS, last)
    if as_json:
        print_json({"schema_version": 1, "models": [one.document() for one in comparisons]})
        return
    if not any(one.rows for one in comparisons):
        raise click.ClickException(f"nothing to compare: {comparisons[0].listing.nothing}")
    try:
        write_page(comparisons, place.stack, output, RUNS)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
    for one in comparisons:
        print_comparison(console(), one)
        click.echo()
    click.echo(output)
