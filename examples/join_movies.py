"""Joins MovieLens' ratings and movies into one file: `python examples/join_movies.py ml-latest-small movies.csv`.

Each rating gets the movie's title and genres, and its year, which MovieLens writes at the end of the title.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

JOINED = r"""
    select userId, title, rating, timestamp, genres,
        try_cast(regexp_extract(title, '\((\d{4})\)\s*$', 1) as integer) as year
    from read_csv($ratings) join read_csv($movies) using (movieId)
"""


def join(folder: Path, target: Path) -> None:
    """Write ``target`` (.csv) from ``folder``/ratings.csv and movies.csv."""
    files = {name: str(folder / f"{name}.csv") for name in ("ratings", "movies")}
    duckdb.connect().sql(JOINED, params=files).write_csv(str(target))


if __name__ == "__main__":
    join(*map(Path, sys.argv[1:]))
