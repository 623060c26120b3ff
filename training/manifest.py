"""manifest.json: what preprocessing read, dropped and why, kept and wrote. read == kept + sum(dropped) always."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
from bounds import BOUND_CAUSES
from cleaning import ROW_CAUSES, USABLE
from engine import create, row, rows
from keep import Kept
from review_files import ReviewFile

SCHEMA_VERSION = 1
CAUSES = (*ROW_CAUSES, "duplicate", *BOUND_CAUSES)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def rows_read(connection: duckdb.DuckDBPyConnection, reviews: ir.Table) -> dict[tuple[int, int], int]:
    """Rows of each (file, from 1; cause, as cleaning.py numbers them)."""
    file = reviews.file if "file" in reviews.columns else ibis.literal(1)
    counted = reviews.select("cause", file=file).group_by("file", "cause").agg(rows=ibis._.count())
    return {(file, cause): count for file, cause, count in rows(connection, counted)}


def drops(read: Mapping[tuple[int, int], int], left_out: Mapping[str, int]) -> dict[str, int]:
    """Dropped rows by cause, from ``rows_read`` and what later steps have ``left_out``."""
    found = dict.fromkeys(CAUSES, 0) | dict(left_out)
    for (_, cause), count in read.items():
        if cause != USABLE:
            found[ROW_CAUSES[cause - 1]] += count
    return found


def kept_counts(connection: duckdb.DuckDBPyConnection, kept: Kept) -> dict[str, int]:
    """Reviews of train and of test, users and items, and those of them that only test has."""
    users = _summed(connection, kept.tallied_users)
    items = _summed(connection, kept.tallied_items)
    return {
        "kept": users["reviews"],
        "train": users["reviews"] - users["tested"],
        "test": users["tested"],
        "users": users["keys"],
        "items": items["keys"],
        "users_only_in_test": users["only_in_test"],
        "items_only_in_test": items["only_in_test"],
    }


def score_distribution(connection: duckdb.DuckDBPyConnection, reviews: ir.Table) -> dict[str, Any] | None:
    """Rounded to 6 digits: the last digits of a parallel sum depend on the order of adding.

    q25 is the lowest score that a quarter of the reviews does not exceed.
    """
    scores = create(connection, "scores", reviews.group_by("score").agg(reviews=ibis._.count()))
    score, share = scores.score, scores.reviews
    whole = row(connection, scores.agg(count=share.sum(), mean=(score * share).sum() / share.sum()))
    if not whole["count"]:
        return None
    spread = scores.agg(variance=((score - whole["mean"]) ** 2 * share).sum() / share.sum())
    up_to = scores.select("score", up_to=share.sum().over(ibis.cumulative_window(order_by="score")))
    at = {f"q{int(100 * q)}": up_to.score.min(where=up_to.up_to >= q * whole["count"]) for q in QUANTILES}
    quantiles = up_to.agg(minimum=up_to.score.min(), maximum=up_to.score.max(), **at)
    found = {"mean": whole["mean"], "standard_deviation": math.sqrt(row(connection, spread)["variance"])}
    return {name: round(value, 6) for name, value in (found | row(connection, quantiles)).items()}


def files_read(files: Sequence[ReviewFile], read: Mapping[tuple[int, int], int]) -> list[dict[str, Any]]:
    count = dict.fromkeys(range(1, len(files) + 1), 0)
    for (file, _), found in read.items():
        count[file] += found
    return [{"file": file.name, "rows": count[place], "bytes": file.size} for place, file in enumerate(files, start=1)]


def files_written(folder: Path, rows_of: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"file": name, "rows": rows, "bytes": (folder / name).stat().st_size} for name, rows in rows_of.items()]


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(manifest, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def summary(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The manifest's counts as log lines."""
    yield f"files read={len(manifest['files']['read'])} ignored={manifest['files']['ignored']}"
    yield f"reviews read={manifest['read']} kept={manifest['kept']}"
    yield "dropped " + " ".join(f"{cause}={count}" for cause, count in manifest["dropped"].items())
    yield (
        f"train={manifest['train']} test={manifest['test']} users={manifest['users']} items={manifest['items']} "
        f"users_only_in_test={manifest['users_only_in_test']} items_only_in_test={manifest['items_only_in_test']}"
    )
    yield "split " + " ".join(f"{name}={value!r}" for name, value in manifest["split"].items())
    missing = [role for role, column in manifest["columns"].items() if column is None]
    if missing:
        yield "columns not in the reviews: " + ", ".join(missing)


def _summed(connection: duckdb.DuckDBPyConnection, tallied: ir.Table) -> dict[str, int]:
    found = tallied.agg(
        keys=tallied.count(),
        reviews=tallied.reviews.sum().fill_null(0),
        tested=tallied.tested.sum().fill_null(0),
        only_in_test=(tallied.reviews == tallied.tested).sum().fill_null(0),
    )
    return {name: int(value) for name, value in row(connection, found).items()}
