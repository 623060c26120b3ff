"""Review files as one table of the engine; what cannot be read is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis.expr.types as ir

from reviews.cleaning import COLUMNS, NUMBERS, as_reviews, raw_table, typed
from reviews.engine import Engine
from reviews.review_files import (
    ReviewFile,
    UnreadableFileError,
    check_columns,
    find_files,
    numeric_roles,
    open_file,
    selection,
    undecodable_line,
)


def open_all(engine: Engine, folder: Path, columns: Mapping[str, str]) -> tuple[list[ReviewFile], int]:
    """The review files below ``folder``, all with the columns that are needed, and how many files are ignored."""

    def parquet_columns(path: Path) -> dict[str, str]:
        try:
            described = engine.fetch("SELECT * FROM (DESCRIBE SELECT * FROM read_parquet(?))", [str(path)])
            return {name: kind for name, kind, *_ in described.result()}
        except duckdb.Error as error:
            first_line = str(error).splitlines()[0]
            raise UnreadableFileError(f"{path.name} is not a readable Parquet file: {first_line}") from error

    paths, ignored = find_files(folder)
    files = [open_file(path, folder, parquet_columns) for path in paths]
    for file in files:
        check_columns(file, columns)
    return files, ignored


@contextmanager
def reading(engine: Engine, files: Sequence[ReviewFile], columns: Mapping[str, str]) -> Iterator[ir.Table]:
    """All rows, typed, as long as the context lasts; errors of the engine within it are errors of the files.

    CSV files are read once, into a table. Parquet files stay where they are: the engine finds a column in them sooner
    than in a table of its own, as their names are dictionaries. Columns that nothing is made of, such as text, are
    never read.
    """
    numeric = numeric_roles(files, columns, NUMBERS)
    engine.run(f"CREATE VIEW raw AS {selection(files, columns, COLUMNS, numeric)}")
    # A view of its own, as the engine would convert a text anew wherever one and the same query names its number.
    rows = engine.view("typed", typed(raw_table("raw", numeric, len(files) > 1)))
    all_reviews = as_reviews(rows)
    in_place = all(file.is_parquet for file in files)
    try:
        yield engine.view("reviews", all_reviews) if in_place else engine.create("reviews", all_reviews)
        engine.finish()
    except duckdb.Error as error:
        raise _unreadable(files, error) from error
    if not in_place:
        engine.drop("reviews")


def names(files: Sequence[ReviewFile]) -> str:
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return ", ".join(file.name for file in files[:5]) + more


def _unreadable(files: Sequence[ReviewFile], error: duckdb.Error) -> UnreadableFileError:
    """What the engine could not read, in words: its own message names the file too, but not always the line."""
    for file in files:
        try:
            line = None if file.is_parquet else undecodable_line(file.path)
        except (OSError, EOFError) as problem:
            return UnreadableFileError(f"{file.name} cannot be read to its end: {problem}")
        if line:
            return UnreadableFileError(f"{file.name} is not UTF-8 text: line {line}; save it as UTF-8")
    problem = " ".join(str(error).split("\nPossible", 1)[0].split())  # what follows is advice on DuckDB's options
    return UnreadableFileError(f"the reviews cannot be read ({names(files)}): {problem}")
