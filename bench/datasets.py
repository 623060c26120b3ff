"""The reviews that are measured: generated ones, and a file that is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.execution_input import DEFAULT_COLUMNS
from taproom.sample import SUFFIXES, write_sample

SAMPLE_SEED = 1516


@dataclass(frozen=True)
class Dataset:
    """``name`` is shown; ``file`` is the only one in its folder; ``columns``: role -> the column's name."""

    name: str
    file: Path
    columns: dict[str, str]


def generated(reviews: int, scratch: Path) -> Dataset:
    """Generated beer reviews as CSV without compression: the form that is read fastest, so the hardest comparison."""
    folder = scratch / f"generated-{reviews}" / "reviews"
    folder.mkdir(parents=True)
    file = write_sample(folder / f"beer-reviews-{reviews}.csv", reviews, SAMPLE_SEED)
    return Dataset(f"generated, {reviews:,} reviews", file, dict(DEFAULT_COLUMNS))


def given(file: Path, columns: dict[str, str], scratch: Path) -> Dataset:
    """Raises BenchError unless ``file`` is there and has one of the known suffixes."""
    if not file.is_file() or not file.name.lower().endswith(SUFFIXES):
        raise BenchError(f"--reviews {file} is no file of reviews: expected one of {', '.join(SUFFIXES)}")
    folder = scratch / "given" / "reviews"
    folder.mkdir(parents=True)
    link = folder / file.name
    link.symlink_to(file.resolve())
    return Dataset(file.name, link, columns)
