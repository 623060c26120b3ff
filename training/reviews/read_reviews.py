"""Review files as one table of the engine; what cannot be read is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis.expr.types as ir

from reviews.cleaning import COLUMNS, NUMBERS, as_reviews, raw_table, typed
from reviews.engine import Engine
from reviews.errors import UnreadableFileError
from reviews.packed import UnpackedBeside
from reviews.review_files import (
    ReviewFile,
    check_columns,
    check_rows,
    find_files,
    numeric_roles,
    open_file,
    selection,
)
from reviews.unreadable import unreadable


def open_all(engine: Engine, folder: Path, columns: Mapping[str, str]) -> tuple[list[ReviewFile], int]:
    """The review files below ``folder``, all with the columns that are needed, and how many files are ignored."""

    def parquet_columns(path: Path, name: str) -> dict[str, str]:
        try:
            described = engine.fetch("SELECT * FROM (DESCRIBE SELECT * FROM read_parquet(?))", [str(path)])
            rows = engine.fetch("SELECT num_rows FROM parquet_file_metadata(?)", [str(path)])
            check_rows(path, name, rows.result()[0][0])
            return {column: kind for column, kind, *_ in described.result()}
        except duckdb.Error:
            raise UnreadableFileError(f"{name} is not a readable Parquet file: its footer is damaged") from None

    paths, ignored = find_files(folder)
    files = [open_file(path, folder, parquet_columns) for path in paths]
    for file in files:
        check_columns(file, columns)
    return files, ignored


@contextmanager
def reading(engine: Engine, files: Sequence[ReviewFile], columns: Mapping[str, str]) -> Iterator[ir.Table]:
    """All rows, typed, in table ``reviews``, which is to be dropped. Errors of the engine within the context are errors
    of the files; at its end all that the engine was given is done.

    CSV files are read once, into a table. Parquet files stay where they are: the engine finds a column in them sooner
    than in a table of its own, as their names are dictionaries. Columns that nothing is made of, such as text, are
    never read.
    """
    numeric = numeric_roles(files, columns, NUMBERS)
    raw = f"WITH raw AS ({selection(files, columns, COLUMNS, numeric)})"
    all_reviews = as_reviews(typed(raw_table("raw", numeric, len(files) > 1)))
    in_place = all(file.is_parquet for file in files)
    with UnpackedBeside([file for file in files if file.is_packed], engine.interrupt) as unpacked:
        try:
            yield (engine.view if in_place else engine.create)("reviews", all_reviews, raw)
            engine.finish()
        except duckdb.Error as error:
            raise (unpacked.problem() or unreadable(files, error)) from None
        if problem := unpacked.problem():
            raise problem
