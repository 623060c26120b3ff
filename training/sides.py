"""The sides of a split by time, once the reviews that are kept are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import ibis
from bounds import tally
from engine import create, row, rows
from keep import Kept
from temporal import at_or_after, cuts, iso_date


def by_time(connection: duckdb.DuckDBPyConnection, kept: Kept, fraction: float) -> tuple[Kept, dict[str, Any]]:
    """``kept`` with its reviews held out from a cut on, and what the manifest tells of the cut.

    Where no cut leaves reviews on both sides, nothing is held out.
    """
    table = create(connection, "undivided", kept.reviews)
    counts = row(connection, table.agg(reviews=table.count(), dated=table.timestamp.count()))
    found = rows(connection, cuts(table, counts["reviews"], fraction))
    if not found:
        return replace(kept, reviews=table), {}
    (cut,) = found[0]
    facts = {"cut": cut, "cut_date": iso_date(cut), "undated_in_train": counts["reviews"] - counts["dated"]}
    divided = table.mutate(held_out=at_or_after(table, ibis.literal(cut, "float64")))
    tallies = {f"tallied_{role}s": tally(divided, f"{role}_id") for role in ("user", "item")}
    return replace(kept, reviews=divided, **tallies), facts
