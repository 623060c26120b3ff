"""manifest.json: what preprocessing read, dropped and why, kept and wrote. read == kept + sum(dropped) always."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from reviews.bounds import BOUND_CAUSES, Tally
from reviews.cleaning import ROW_CAUSES, USABLE
from reviews.engine import Engine
from reviews.review_files import ReviewFile

SCHEMA_VERSION = 1
CAUSES = (*ROW_CAUSES, "duplicate", *BOUND_CAUSES)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def rows_read(engine: Engine, reviews: ir.Table) -> Future[list[tuple[int, int, int]]]:
    """File (from 1), cause (as cleaning.py numbers them), rows of both."""
    file = reviews.file if "file" in reviews.columns else ibis.literal(1)
    return engine.rows(reviews.group_by(file=file, cause=reviews.cause).agg(rows=ibis._.count()))


def drops(read: Iterable[tuple[int, int, int]], left_out: Mapping[str, int]) -> dict[str, int]:
    """Dropped rows by cause, from ``rows_read`` and what later steps have ``left_out``."""
    found = dict.fromkeys(CAUSES, 0) | dict(left_out)
    for _, cause, count in read:
        if cause != USABLE:
            found[ROW_CAUSES[cause - 1]] += count
    return found


def side_counts(users: Tally) -> dict[str, int]:
    """Reviews kept, those of train and of test, users, and users that only test has."""
    kept, tested = int(users.reviews.sum()), int(users.tested.sum())
    return {
        "kept": kept,
        "train": kept - tested,
        "test": tested,
        "users": len(users.reviews),
        "users_only_in_test": users.only_tested,
    }


def item_counts(items: Tally) -> dict[str, int]:
    """Items, and those of them that only test has."""
    return {"items": len(items.reviews), "items_only_in_test": items.only_tested}


def score_distribution(score: np.ndarray, share: np.ndarray) -> dict[str, Any] | None:
    """Of each score, from the lowest, how many reviews gave it. Rounded to 6 digits.

    q25 is the lowest score that a quarter of the reviews does not exceed.
    """
    if not len(score):
        return None
    mean = np.average(score, weights=share)
    found = {
        "mean": mean,
        "standard_deviation": np.sqrt(np.average((score - mean) ** 2, weights=share)),
        "minimum": score[0],
        "maximum": score[-1],
    }
    up_to = np.cumsum(share)
    found |= {f"q{int(100 * q)}": score[np.searchsorted(up_to, q * up_to[-1])] for q in QUANTILES}
    return {name: round(float(value), 6) for name, value in found.items()}


def files_read(files: Sequence[ReviewFile], read: Iterable[tuple[int, int, int]]) -> list[dict[str, Any]]:
    count = dict.fromkeys(range(1, len(files) + 1), 0)
    for file, _, found in read:
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
