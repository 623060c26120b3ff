"""One run: the parts that are asked for, one after another, as nothing else should happen while one is measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.against_recipe import against_recipe
from bench.bare_products import against_products
from bench.bare_scan import against_scan
from bench.datasets import Dataset, generated, given
from bench.execution_input import Parameters
from bench.fit_time import fit_seconds
from bench.fresh import fresh
from bench.jobs import run_jobs
from bench.quality import quality
from bench.ranking import ranking
from bench.scaling import scaling

Tell = Callable[[str], None]
NEED_JOBS = {"quality", "recipe", "evaluation"}
DEFAULT_DIMENSION = 64  # of bare matrix products, where neither the input nor the model tells


def datasets(options: argparse.Namespace, parameters: Parameters, scratch: Path) -> list[Dataset]:
    if set(options.parts) == {"scaling"}:
        return []
    found = [generated(options.size, scratch)] if options.size else []
    return [*found, *([given(options.reviews, parameters.columns, scratch)] if options.reviews else [])]


def measure(
    dataset: Dataset,
    parts: tuple[str, ...],
    parameters: Parameters,
    recipe_epochs: int,
    folder: Path,
    tell: Tell,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """All parts but scaling over one data set: each part's name and document, as soon as it is measured."""
    if "preprocess" in parts:
        tell("preprocess beside a bare scan")
        yield "preprocess", fresh(against_scan, dataset, parameters, folder / "scan")
    if "ranking" in parts:
        tell("the ranking model and its peers")
        yield "ranking", ranking(dataset, parameters, folder / "ranking", tell)
    if not NEED_JOBS & set(parts):
        return
    tell("our three jobs")
    finished = run_jobs(dataset, parameters, folder / "ml")
    if "evaluation" in parts:
        tell("evaluate beside bare matrix products")
        dimension = int(parameters.values.get("EmbeddingDimension", DEFAULT_DIMENSION))
        yield "evaluation", fresh(against_products, finished, parameters.k, parameters.seed, dimension)
    measured = None
    if "quality" in parts:
        tell("our fit without imports")
        fit_took = fresh(fit_seconds, finished.data, parameters, folder / "fit")
        measured = quality(finished, fit_took, parameters.seed, parameters.k, tell)
        yield "quality", measured
    if "recipe" in parts:
        tell(f"the tutorial's recipe, {recipe_epochs} epochs")
        recipe = against_recipe(dataset, finished, parameters, recipe_epochs, folder / "recipe")
        yield "recipe", recipe
        if measured:
            yield "quality", {**measured, "rows": [*measured["rows"], recipe["quality_row"]]}


def measure_sizes(
    sizes: tuple[int, ...], parameters: Parameters, scratch: Path, tell: Tell
) -> Iterator[dict[str, Any]]:
    for reviews in sorted(sizes):
        tell(f"scaling: {reviews:,} ratings")
        yield scaling(reviews, parameters, scratch)
