"""Processing job: reviews in, train and test sets out.

    find and check the files -> type every row -> drop what cannot be used, counting why -> newest review per user and
    item -> items, then users, with enough reviews -> split -> Parquet files and manifest.json

Every .csv, .csv.gz and .parquet below --reviews is read; other files are ignored and counted. The order of files and
rows changes nothing. What is written:

    train.parquet, test.parquet   user, item, score, timestamp (if the reviews have one), sorted by user and item
    items.parquet                 item, and style, brewery, abv where the reviews have them, sorted by item
    manifest.json                 what was read, dropped by cause, kept and written (see manifest.py)
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import ibis.expr.types as ir
from argument_types import fraction, positive_int
from cleaning import as_reviews, frequent, item_attribute, newest, raw_table, usable
from container import PROCESSING_MESSAGE, JobParser, base_dir, report_failures
from engine import connect, create, sql, write_parquet
from manifest import build_manifest, summary, write_manifest
from review_files import (
    OPTIONAL,
    REQUIRED,
    NoReviewsError,
    PreprocessError,
    ReviewFile,
    UnreadableFileError,
    check_columns,
    find_files,
    open_file,
    selection,
    undecodable_line,
)
from split import in_test

DEFAULT_COLUMNS = {
    "user": "username",
    "item": "beer_name",
    "score": "score",
    "timestamp": "timestamp",
    "style": "style",
    "brewery": "brewery_name",
    "abv": "abv",
    "text": "text",
}
ATTRIBUTES = ("style", "brewery", "abv")


class NothingLeftError(PreprocessError):
    """Cleaning, filters or the split leave nothing to learn from or to test with."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    options.output.mkdir(parents=True, exist_ok=True)
    columns = {role: getattr(options, f"{role}_column") for role in (*REQUIRED, *OPTIONAL)}
    with (
        tempfile.TemporaryDirectory(prefix="preprocess-", dir=options.scratch) as scratch,
        connect(Path(scratch), options.memory_limit) as connection,
    ):
        manifest = prepare(connection, options, columns)
    write_manifest(options.output / "manifest.json", manifest)
    for line in summary(manifest):
        print(line)
    print(f"seconds={time.perf_counter() - started:.1f}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    processing = base_dir() / "processing"
    parser = JobParser("preprocess.py", __doc__)
    parser.add_argument("--reviews", type=Path, default=processing / "input" / "reviews", help="folder of the reviews")
    parser.add_argument("--output", type=Path, default=processing / "output" / "data", help="folder to write to")
    for role, name in DEFAULT_COLUMNS.items():
        need = "required" if role in REQUIRED else "optional"
        parser.add_argument(f"--{role}-column", default=name, help=f"column of the {role} ({need}; default {name})")
    parser.add_argument("--test-fraction", type=fraction, default=0.15, help="share of reviews for the test (0.15)")
    parser.add_argument("--split-seed", type=int, default=42, help="another seed draws another test set (42)")
    parser.add_argument("--min-reviews-per-user", type=positive_int, default=5, help="of fewer is left out (5)")
    parser.add_argument("--min-reviews-per-item", type=positive_int, default=1, help="of fewer is left out (1)")
    parser.add_argument("--memory-limit", default=_default_memory(), help="for the engine, as 4GB; then it spills")
    parser.add_argument("--scratch", type=Path, default=None, help="folder for what is spilled (system's temporary)")
    return parser.parse_args(arguments)


def prepare(connection: duckdb.DuckDBPyConnection, options: argparse.Namespace, columns: dict[str, str]) -> dict:
    """Write the Parquet files and return the manifest. Raises PreprocessError and its kinds."""
    files, ignored = _open_all(connection, options.reviews, columns)
    reviews = _read(connection, files, columns)
    cleaned = create(connection, "cleaned", newest(usable(reviews)))
    items_kept = create(connection, "items_kept", frequent(cleaned, "item", options.min_reviews_per_item))
    kept = create(connection, "kept", frequent(items_kept, "user", options.min_reviews_per_user))

    present = [role for role in OPTIONAL if any(columns[role] in file.columns for file in files)]
    side = in_test(kept, options.split_seed, options.test_fraction)
    shown = ["user", "item", "score", *(["timestamp"] if "timestamp" in present else [])]
    tables = {
        "train.parquet": kept.filter(~side).select(*shown).order_by("user", "item"),
        "test.parquet": kept.filter(side).select(*shown).order_by("user", "item"),
        "items.parquet": _items(kept, reviews, [name for name in ATTRIBUTES if name in present]),
    }
    stages = {"reviews": reviews, "cleaned": cleaned, "items_kept": items_kept, "kept": kept}
    manifest = build_manifest(connection, stages, side, files, ignored)
    manifest["columns"] = {role: columns[role] if role in (*REQUIRED, *present) else None for role in columns}
    manifest["split"] |= {"seed": options.split_seed, "test_fraction": options.test_fraction}
    manifest["filters"] = {
        "min_reviews_per_user": options.min_reviews_per_user,
        "min_reviews_per_item": options.min_reviews_per_item,
    }
    _check_left(manifest)
    for name, table in tables.items():
        write_parquet(connection, table, options.output / name)
    counts = {"train.parquet": manifest["train"], "test.parquet": manifest["test"], "items.parquet": manifest["items"]}
    manifest["files"]["written"] = [
        {"file": name, "rows": rows, "bytes": (options.output / name).stat().st_size} for name, rows in counts.items()
    ]
    return manifest


def _open_all(
    connection: duckdb.DuckDBPyConnection, folder: Path, columns: dict[str, str]
) -> tuple[list[ReviewFile], int]:
    def parquet_columns(path: Path) -> list[str]:
        try:
            described = connection.execute("SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", [str(path)])
            return [name for (name,) in described.fetchall()]
        except duckdb.Error as error:
            raise UnreadableFileError(f"{path.name} is not a readable Parquet file: {_first_line(error)}") from error

    paths, ignored = find_files(folder)
    files = [open_file(path, folder, parquet_columns) for path in paths]
    for file in files:
        check_columns(file, columns)
    return files, ignored


def _read(connection: duckdb.DuckDBPyConnection, files: list[ReviewFile], columns: dict[str, str]) -> ir.Table:
    """All rows, typed, in one table of the engine: the files are read once."""
    connection.execute(f"CREATE VIEW raw AS {selection(files, columns)}")
    try:
        reviews = create(connection, "reviews", as_reviews(raw_table("raw")))
    except duckdb.Error as error:
        raise _unreadable(files, error) from error
    (count,) = connection.execute(sql(reviews.count().name("rows").as_table())).fetchone()  # type: ignore[misc]
    if not count:
        raise NoReviewsError(f"the review files hold no row: {_names(files)}")
    return reviews


def _unreadable(files: list[ReviewFile], error: duckdb.Error) -> UnreadableFileError:
    """What the engine could not read, in words: its own message names the file too, but not always the line."""
    for file in files:
        try:
            line = None if file.is_parquet else undecodable_line(file.path)
        except (OSError, EOFError) as problem:
            return UnreadableFileError(f"{file.name} cannot be read to its end: {problem}")
        if line:
            return UnreadableFileError(f"{file.name} is not UTF-8 text: line {line}; save it as UTF-8")
    problem = " ".join(str(error).split("\nPossible", 1)[0].split())  # what follows is advice on DuckDB's options
    return UnreadableFileError(f"the reviews cannot be read ({_names(files)}): {problem}")


def _items(kept: ir.Table, reviews: ir.Table, attributes: list[str]) -> ir.Table:
    """One row per kept item with its attributes."""
    items = kept.select("item").distinct()
    usable_reviews = reviews.filter(reviews.cause.isnull())
    for attribute in attributes:
        items = items.left_join(item_attribute(usable_reviews, attribute), "item").drop("item_right")
    return items.order_by("item")


def _check_left(manifest: dict) -> None:
    dropped = ", ".join(f"{cause} {count}" for cause, count in manifest["dropped"].items() if count) or "none"
    if not manifest["kept"]:
        raise NothingLeftError(
            f"no review is left of {manifest['read']}; dropped: {dropped}. Filters: {manifest['filters']} "
            "(parameters MinReviewsPerUser, MinReviewsPerItem)"
        )
    for side in ("train", "test"):
        if not manifest[side]:
            raise NothingLeftError(
                f"the split leaves no {side} review: {manifest['kept']} kept of {manifest['read']}, test fraction "
                f"{manifest['split']['test_fraction']}. Give more reviews or another TestFraction"
            )


def _default_memory() -> str:
    """Half of the machine's memory: the rest is for what the engine does not count and for the page cache."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2 // 2**20}MiB"


def _names(files: list[ReviewFile]) -> str:
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return ", ".join(file.name for file in files[:5]) + more


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


if __name__ == "__main__":
    report_failures(PROCESSING_MESSAGE)
    main()
