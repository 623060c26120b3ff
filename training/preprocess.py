"""Processing job: reviews in, train and test sets out.

    find and check the files -> type every row -> drop what cannot be used, counting why -> names become numbers ->
    newest review per user and item -> items, then users, with neither too few nor too many reviews -> split ->
    Parquet files and manifest.json

Every .csv, .csv.gz and .parquet below --reviews is read; other files are ignored and counted. The order of files and
rows changes nothing. What is written:

    train.parquet, test.parquet   user, item, score, timestamp (if the reviews have one), sorted by user and item
    items.parquet                 item, and style, brewery, abv where the reviews have them, sorted by item
    manifest.json                 what was read, dropped by cause, kept and written (see reviews/manifest.py)
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyarrow as pa

from contract.argument_types import fraction, positive_int
from contract.container import PROCESSING_MESSAGE, JobParser, base_dir, report_failures
from reviews.attributes import ATTRIBUTES, described, told_differently
from reviews.bounds import Bounds, Tally
from reviews.cleaning import KEY, usable
from reviews.coding import code
from reviews.distributions import Scores, review_counts, score_counts, scores_given
from reviews.engine import Engine, handing_over
from reviews.errors import MissingColumnError, NoReviewsError, PreprocessError
from reviews.keep import Kept, keep
from reviews.manifest import (
    SCHEMA_VERSION,
    drops,
    files_read,
    files_written,
    item_counts,
    rows_read,
    score_distribution,
    side_counts,
    summary,
    write_manifest,
)
from reviews.read_reviews import open_all, reading
from reviews.review_files import OPTIONAL, REQUIRED, ReviewFile
from reviews.review_files import names as file_names
from reviews.sides import by_time
from reviews.split import RULE as BY_CHANCE
from reviews.split import Draw
from reviews.temporal import RULE as BY_TIME
from reviews.unreadable import exhausted
from reviews.write_reviews import Written, write_items, write_reviews

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
STRATEGIES = ("random", "temporal")
FILTERS = ("min_reviews_per_user", "max_reviews_per_user", "min_reviews_per_item", "max_reviews_per_item")


class NothingLeftError(PreprocessError):
    """Cleaning, filters or the split leave nothing to learn from or to test with."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    started = time.perf_counter()
    options.output.mkdir(parents=True, exist_ok=True)
    columns = {role: getattr(options, f"{role}_column") for role in (*REQUIRED, *OPTIONAL)}
    with (
        handing_over(),
        tempfile.TemporaryDirectory(prefix="preprocess-", dir=options.scratch) as scratch,
        Engine.start(Path(scratch), options.memory_limit) as engine,
    ):
        try:
            manifest = prepare(engine, options, columns)
        except duckdb.Error as error:
            raise (exhausted(error) or error) from None
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
    parser.add_argument("--split-strategy", choices=STRATEGIES, default="random", help="how test is drawn (random)")
    parser.add_argument("--test-fraction", type=fraction, default=0.15, help="share of reviews for the test (0.15)")
    parser.add_argument("--split-seed", type=int, default=42, help="another seed draws another random test set (42)")
    for role, fewest in (("user", 5), ("item", 1)):
        few, many = f"--min-reviews-per-{role}", f"--max-reviews-per-{role}"
        parser.add_argument(few, type=positive_int, default=fewest, help=f"a {role} of fewer is left out ({fewest})")
        parser.add_argument(many, type=positive_int, help=f"a {role} of more is left out (no limit)")
    parser.add_argument("--memory-limit", default=_default_memory(), help="for the engine, as 4GB; then it spills")
    parser.add_argument("--scratch", type=Path, default=None, help="folder for what is spilled (system's temporary)")
    options = parser.parse_args(arguments)
    for role in ("user", "item"):
        bounds = _bounds(options, role)
        if bounds.maximum is not None and bounds.maximum < bounds.minimum:
            parser.error(
                f"--max-reviews-per-{role} {bounds.maximum} is below --min-reviews-per-{role} {bounds.minimum}"
            )
    return options


def prepare(engine: Engine, options: argparse.Namespace, columns: Mapping[str, str]) -> dict[str, Any]:
    """Write the Parquet files and return the manifest. Raises PreprocessError and its kinds."""
    files, ignored = open_all(engine, options.reviews, columns)
    present = _present(files, columns, options)
    with ExitStack() as stack:
        aside, counting, of_train, of_test = beside = [stack.enter_context(engine.beside()) for _ in range(4)]
        with reading(engine, files, columns) as reviews:
            asked = _ask(engine, aside, counting, {"train": of_train, "test": of_test}, reviews, present, options)
        engine.leave(*beside)
        read = asked.read.result()
        if not read:
            raise NoReviewsError(f"the review files hold no row: {file_names(files)}")
        manifest: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "read": sum(rows for *_, rows in read),
            "dropped": drops(read, asked.kept.left_out()),
            "columns": {role: columns[role] if role in (*REQUIRED, *present) else None for role in columns},
            "filters": {name: getattr(options, name) for name in FILTERS},
            **side_counts(asked.kept.users()),
            "split": _split(options, asked.cut),
        }
        _check_left(manifest)
        written = _write(asked, "timestamp" in present, options.output)
        of_items = _write_items(asked.items.result(), written, options.output)
        manifest |= item_counts(of_items) | _distributions(asked.kept.users(), of_items, scores_given(**written))
    rows = {"train.parquet": manifest["train"], "test.parquet": manifest["test"], "items.parquet": manifest["items"]}
    manifest["files"] = {
        "read": files_read(files, read),
        "ignored": ignored,
        "written": files_written(options.output, rows),
    }
    return manifest


@dataclass(frozen=True)
class Asked:
    """What the engine was asked for. A future is waited for where its result is needed, and not before.

    ``read``: rows by file and cause. ``cut``: what the manifest tells of a split by time. ``users``: names, by number.
    ``items``: names and what is told of each, by number. ``sides``: the reviews of train and of test, in order.
    """

    read: Future[list[tuple[int, int, int]]]
    kept: Kept
    cut: Mapping[str, Any]
    users: Future[pa.Table]
    items: Future[pa.Table]
    sides: Mapping[str, Future[Iterator[pa.RecordBatch]]]


def _ask(
    engine: Engine,
    aside: Engine,
    counting: Engine,
    sides: Mapping[str, Engine],
    reviews: ir.Table,
    present: Collection[str],
    options: argparse.Namespace,
) -> Asked:
    """All from ``reviews`` on, which is dropped, to what is written. ``counting`` fetches tallies, ``sides`` sort train
    and test; these are engines beside, as is ``aside``.
    """
    temporal = options.split_strategy == "temporal"
    draw = None if temporal else Draw(options.split_seed, options.test_fraction)
    attributes = [name for name in ATTRIBUTES if name in present]
    aside.after(engine)
    read = rows_read(aside, reviews)  # within what ``code`` waits for, so that it fails while the files are being read
    coded = code(engine, aside, usable(reviews), attributes, draw)
    engine.drop("reviews")
    # Aside goes what is the work of one processor; ``code`` ends with the work of all.
    aside.after(engine)
    users = aside.ordered(coded.users, ["user"], order_by="user_id")
    differently = None if coded.told is None else told_differently(aside, coded.told)
    kept = keep(engine, counting, coded.reviews, {role: _bounds(options, role) for role in ("item", "user")})
    kept, cut = by_time(engine, kept, options.test_fraction) if temporal else (kept, {})
    columns = [*KEY, "score", "timestamp"]
    ordered = {}
    for name, own in sides.items():
        own.after(engine)
        ordered[name] = own.batches(kept.reviews, columns, KEY, where="held_out" if name == "test" else "NOT held_out")
    if coded.told is None or differently is None:
        items = aside.ordered(coded.items, ["item"], order_by="item_id")
    else:
        table, count = differently
        # Last, as the count is waited for: the engine is busy with all of the above meanwhile.
        told = described(coded.told, attributes, table if count.result() else None)
        # One row per item, in the order in which they were numbered.
        items = aside.ordered(aside.create("described", told), ["item", *attributes], order_by="item")
    return Asked(read, kept, cut, users, items, ordered)


def _present(files: Sequence[ReviewFile], columns: Mapping[str, str], options: argparse.Namespace) -> list[str]:
    """The optional roles that a file has a column for. Raises MissingColumnError where a split by time has no times."""
    present = [role for role in OPTIONAL if any(columns[role] in file.columns for file in files)]
    if options.split_strategy == "temporal" and "timestamp" not in present:
        raise MissingColumnError(
            f"SplitStrategy temporal needs a timestamp, and no file has the column {columns['timestamp']!r} "
            f'({file_names(files)}). Name the right one in the parameter Columns, as {{"Timestamp": "..."}} '
            "(--timestamp-column), or take SplitStrategy random"
        )
    return present


def _split(options: argparse.Namespace, cut: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "strategy": options.split_strategy,
        "rule": BY_TIME if options.split_strategy == "temporal" else BY_CHANCE,
        "seed": options.split_seed,
        "test_fraction": options.test_fraction,
        **cut,
    }


def _distributions(users: Tally, items: Tally, scores: Scores) -> dict[str, Any]:
    return {
        "score": score_distribution(scores.score, scores.reviews),
        "distributions": {
            "scores": score_counts(*scores),
            "reviews_per_item": review_counts(items.reviews),
            "reviews_per_user": review_counts(users.reviews),
        },
    }


def _write(asked: Asked, dated: bool, folder: Path) -> dict[str, Written]:
    """Train and test are written beside each other: a file is made by one processor."""
    columns = ["user", "item", "score", *(["timestamp"] if dated else [])]
    users, items = (names.result().column(0).combine_chunks() for names in (asked.users, asked.items))

    def side(name: str) -> Written:
        return write_reviews(folder / f"{name}.parquet", asked.sides[name].result(), users, items, columns)

    with ThreadPoolExecutor(max_workers=2) as writers:
        return dict(zip(asked.sides, writers.map(side, asked.sides), strict=True))


def _write_items(items: pa.Table, written: Mapping[str, Written], folder: Path) -> Tally:
    """Those of the ``items`` of which a review is written; their tally, in the same order."""
    tested = written["test"].of_items
    reviews = written["train"].of_items + tested
    (occurring,) = reviews.nonzero()
    write_items(folder / "items.parquet", items, occurring)
    return Tally(reviews[occurring], tested[occurring])


def _bounds(options: argparse.Namespace, role: str) -> Bounds:
    return Bounds(getattr(options, f"min_reviews_per_{role}"), getattr(options, f"max_reviews_per_{role}"))


def _check_left(manifest: Mapping[str, Any]) -> None:
    dropped = ", ".join(f"{cause} {count}" for cause, count in manifest["dropped"].items() if count) or "none"
    if not manifest["kept"]:
        raise NothingLeftError(
            f"no review is left of {manifest['read']}; dropped: {dropped}. Filters: {manifest['filters']} "
            "(parameters MinReviewsPerUser, MaxReviewsPerUser, MinReviewsPerItem, MaxReviewsPerItem)"
        )
    for side in ("train", "test"):
        if not manifest[side]:
            raise NothingLeftError(
                f"the {manifest['split']['strategy']} split leaves no {side} review: {manifest['kept']} kept of "
                f"{manifest['read']}, test fraction {manifest['split']['test_fraction']}. {_remedy(manifest)}"
            )


def _remedy(manifest: Mapping[str, Any]) -> str:
    if manifest["split"]["strategy"] == "temporal":
        return "No timestamp has reviews on both sides of it: give dated reviews, or take SplitStrategy random"
    return "Give more reviews or another TestFraction"


def _default_memory() -> str:
    """Half of the machine's memory: the rest is for what the engine does not count and for the page cache."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2 // 2**20}MiB"


if __name__ == "__main__":
    report_failures(PROCESSING_MESSAGE)
    main()
