"""manifest.json: what preprocessing read, dropped and why, kept and wrote. read == kept + sum(dropped) always."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
from cleaning import CAUSES, ROW_CAUSES
from engine import rows
from review_files import ReviewFile
from split import STRATEGY

SCHEMA_VERSION = 1
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def build_manifest(
    connection: duckdb.DuckDBPyConnection,
    stages: Mapping[str, ir.Table],
    side: ir.BooleanValue,
    files: Sequence[ReviewFile],
    ignored: int,
) -> dict[str, Any]:
    """Count. ``stages``: tables reviews -> cleaned -> items_kept -> kept; ``side``: true for the test rows of kept."""
    reviews, kept = stages["reviews"], stages["kept"]
    by_cause = dict(rows(connection, reviews.group_by("cause").agg(rows=ibis._.count())))
    size = {name: _count(connection, table) for name, table in stages.items()}
    dropped = {cause: by_cause.get(cause, 0) for cause in ROW_CAUSES}
    dropped["duplicate"] = by_cause.get(None, 0) - size["cleaned"]
    dropped["item_below_min"] = size["cleaned"] - size["items_kept"]
    dropped["user_below_min"] = size["items_kept"] - size["kept"]
    test = _count(connection, kept.filter(side))
    users, items = rows(connection, kept.agg(users=kept.user.nunique(), items=kept.item.nunique()))[0]
    return {
        "schema_version": SCHEMA_VERSION,
        "read": size["reviews"],
        "dropped": {cause: dropped[cause] for cause in CAUSES},
        "kept": size["kept"],
        "train": size["kept"] - test,
        "test": test,
        "users": users,
        "items": items,
        "users_only_in_test": _only_in_test(connection, kept, side, "user"),
        "items_only_in_test": _only_in_test(connection, kept, side, "item"),
        "split": {"strategy": STRATEGY},
        "score": _score_distribution(connection, kept),
        "files": {"read": _files_read(connection, reviews, files), "ignored": ignored},
    }


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(manifest, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def summary(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The manifest's counts as log lines."""
    yield f"files read={len(manifest['files']['read'])} ignored={manifest['files']['ignored']}"
    yield f"reviews read={manifest['read']} kept={manifest['kept']}"
    yield "dropped " + " ".join(f"{cause}={count}" for cause, count in manifest["dropped"].items())
    yield (
        f"train={manifest['train']} test={manifest['test']} users={manifest['users']} items={manifest['items']} "
        f"users_only_in_test={manifest['users_only_in_test']}"
    )
    missing = [role for role, column in manifest["columns"].items() if column is None]
    if missing:
        yield "columns not in the reviews: " + ", ".join(missing)


def _count(connection: duckdb.DuckDBPyConnection, table: ir.Table) -> int:
    return rows(connection, table.count().name("rows").as_table())[0][0]


def _only_in_test(connection: duckdb.DuckDBPyConnection, kept: ir.Table, side: ir.BooleanValue, column: str) -> int:
    marked = kept.mutate(held_out=side)
    whole = marked.group_by(column).agg(all_held_out=marked.held_out.all())
    return _count(connection, whole.filter(whole.all_held_out))


def _score_distribution(connection: duckdb.DuckDBPyConnection, kept: ir.Table) -> dict[str, Any] | None:
    """Rounded to 6 digits: the last digits of a parallel sum depend on the order of adding."""
    score = kept.score
    found = kept.agg(
        minimum=score.min(),
        maximum=score.max(),
        mean=score.mean(),
        standard_deviation=score.std(how="pop"),
        **{f"q{int(100 * q)}": score.quantile(q) for q in QUANTILES},
    )
    values = rows(connection, found)[0]
    if values[0] is None:
        return None
    return {name: round(value, 6) for name, value in zip(found.columns, values, strict=True)}


def _files_read(
    connection: duckdb.DuckDBPyConnection, reviews: ir.Table, files: Sequence[ReviewFile]
) -> list[dict[str, Any]]:
    counts = dict(rows(connection, reviews.group_by("file").agg(rows=ibis._.count())))
    return [{"file": file.name, "rows": counts.get(str(file.path), 0), "bytes": file.size} for file in files]
