"""The sides of a split by time, once the reviews that are kept are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis

from reviews.bounds import fetched, tally
from reviews.engine import Engine
from reviews.keep import Kept
from reviews.temporal import at_or_after, cuts, iso_date


def by_time(engine: Engine, kept: Kept, fraction: float) -> tuple[Kept, dict[str, Any]]:
    """``kept`` with its reviews held out from a cut on, and what the manifest tells of the cut.

    Where no cut leaves reviews on both sides, nothing is held out.
    """
    # A table, as all that follows asks for it.
    table = engine.create("before_sides", kept.reviews)
    engine.drop("coded")
    kept = replace(kept, reviews=table)
    counts = engine.row(table.agg(reviews=table.count(), dated=table.timestamp.count())).result()
    found = engine.rows(cuts(table, counts["reviews"], fraction)).result()
    if not found:
        return kept, {}
    (cut,) = found[0]
    facts = {"cut": cut, "cut_date": iso_date(cut), "undated_in_train": counts["reviews"] - counts["dated"]}
    divided = engine.view("divided", table.mutate(held_out=at_or_after(table, ibis.literal(cut, "float64"))))
    users = fetched(engine, engine.create("tallied_sides", tally(divided, "user_id"))).result
    return replace(kept, reviews=divided, users=users), facts
