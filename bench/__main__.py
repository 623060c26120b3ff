"""python -m bench: options.py tells what it takes."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.machine import prepare_environment
from bench.options import parse

WIDTH = 140  # of the tables where the output is no terminal or a narrow one


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when everything was measured. What was measured before a failure is shown and written too."""
    options = parse(arguments)
    prepare_environment()  # what is imported from here on loads numpy
    from rich.console import Console

    from bench.errors import BenchError
    from bench.training_room import JobError

    started, progress = time.perf_counter(), Console(stderr=True)

    def tell(text: str) -> None:
        progress.print(f"{time.perf_counter() - started:7.1f} s  {text}", markup=False, highlight=False, soft_wrap=True)

    measured: list[dict[str, Any]] = []
    scaled: list[dict[str, Any]] = []
    problem = None
    try:
        run(options, measured, scaled, tell)
    except (BenchError, JobError) as error:
        problem = f"bench: {error}"
    except KeyboardInterrupt:
        problem = "bench: interrupted"
    finally:
        if measured or scaled:
            show(options, measured, scaled)
    if problem:
        progress.print(problem, markup=False, style="red", soft_wrap=True)
    return 1 if problem else 0


def run(
    options: argparse.Namespace, measured: list[dict[str, Any]], scaled: list[dict[str, Any]], tell: Callable
) -> None:
    """Measure what is asked for into ``measured`` (by data set) and ``scaled`` (by size).

    Raises BenchError, and JobError for reviews that a job refuses.
    """
    from bench.execution_input import read_parameters
    from bench.measure import datasets, measure, measure_sizes

    parameters = read_parameters(options.input)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.scratch) as folder:
        scratch = Path(folder)
        for number, dataset in enumerate(datasets(options, parameters, scratch)):
            tell(f"{dataset.name}:")
            place = scratch / f"measured-{number}"
            measured.append({"name": dataset.name})
            for part, result in measure(dataset, options.parts, parameters, options.recipe_epochs, place, tell):
                measured[-1][part] = result
        if "scaling" in options.parts:
            for size in measure_sizes(options.sizes, parameters, scratch, tell):
                scaled.append(size)


def show(options: argparse.Namespace, measured: list[dict[str, Any]], scaled: list[dict[str, Any]]) -> None:
    from rich.console import Console

    from bench.plot import plot
    from bench.results import document, write
    from bench.tables import tables

    results = document({"parts": list(options.parts), "recipe_epochs": options.recipe_epochs}, measured, scaled)
    console = Console(width=max(WIDTH, Console().width))
    for table in tables(results):
        console.print(table)
        console.print()
    for file in (write(results, options.output), plot(results, options.output)):
        if file:
            console.print(str(file), soft_wrap=True, markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
