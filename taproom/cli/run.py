"""`taproom run`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command(short_help="Retrain on this machine, on a local AWS.")
@click.option(
    "--reviews",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Reviews to train on: .csv, .csv.gz or .parquet. Default: generated beer reviews.",
)
@click.option(
    "--input",
    "input_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with the execution input (the stack's DefaultInput): parameters, column names.",
)
@click.option(
    "--sample-size",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    help="How many reviews to generate.",
)
@click.option("--force", is_flag=True, help="Run although reviews, code and parameters are those of the last run.")
@click.option("--work", type=click.Path(path_type=Path), help="Folder of the local AWS. Default: .taproom/ here.")
@click.option("--runs", type=click.Path(path_type=Path), help="Folder that gets the results. Default: runs/ here.")
def run(
    reviews: Path | None,
    input_file: Path | None,
    sample_size: int,
    force: bool,
    work: Path | None,
    runs: Path | None,
) -> None:
    """Retrain on this machine: the deployed state machine, functions and jobs, on a local AWS.

    Deploys template.yaml into the local AWS, uploads the reviews, and follows the execution which that upload starts.
    Leaves everything it made in runs/latest/. Where nothing is new since the last run that finished, it says so and
    ends. Steps whose inputs are as they were are taken from an earlier run (`taproom explain-cache`).
    """
    from taproom.run import PROJECT, RunRequest, run_locally

    request = RunRequest(
        reviews=reviews,
        input_file=input_file,
        sample_size=sample_size,
        force=force,
        work=(work or PROJECT / ".taproom").absolute(),
        runs=(runs or PROJECT / "runs").absolute(),
    )
    sys.exit(run_locally(request))
