"""From usable reviews to the kept ones, step by step in the engine; a table is dropped as soon as nothing needs it."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from reviews.bounds import Bounds, dropped, inside, tally
from reviews.cleaning import KEY, newest, repeated
from reviews.engine import Engine


@dataclass(frozen=True)
class Kept:
    """``reviews``: user_id, item_id, score, timestamp, held_out, one row per user and item.

    ``tallied_users``: of the kept reviews. ``dropped``: usable reviews left out, by cause.
    """

    reviews: ir.Table
    tallied_users: ir.Table
    dropped: dict[str, int]


def keep(engine: Engine, reviews: ir.Table, bounds: tuple[Bounds, Bounds]) -> Kept:
    """``reviews``: table ``coded``, which is dropped unless all of it is kept. ``bounds``: of items and of users."""
    kept, left_out = _once(engine, reviews)
    of_items, of_users = bounds
    if of_items.limits:
        kept, _ = _bounded(engine, kept, "item", of_items, left_out)
    kept, tallied_users = _bounded(engine, kept, "user", of_users, left_out)
    if any(left_out.values()):
        kept = engine.create("kept", kept)
        engine.drop("coded")
    return Kept(kept, tallied_users, left_out)


def _once(engine: Engine, reviews: ir.Table) -> tuple[ir.Table, dict[str, int]]:
    """One of ``reviews`` per user and item, and how many that drops as duplicates.

    Few are repeated: what decides between several is slow, and is only asked about those.
    """
    several = engine.create("repeated", repeated(reviews))
    left_out = engine.row(several.agg(duplicate=several.count()))
    if not left_out["duplicate"]:
        return reviews, left_out
    chosen = engine.create("chosen", newest(reviews.semi_join(several, KEY)))
    return reviews.anti_join(several, KEY).union(chosen), left_out


def _bounded(
    engine: Engine, reviews: ir.Table, role: str, bounds: Bounds, left_out: dict[str, int]
) -> tuple[ir.Table, ir.Table]:
    """``reviews`` within the bounds and the tally of their users or items; adds to ``left_out`` what that drops."""
    key = f"{role}_id"
    tallied = engine.create(f"tallied_{role}", tally(reviews, key))
    counts = {cause: int(count) for cause, count in engine.row(dropped(tallied, role, bounds)).items()}
    left_out |= counts
    if not any(counts.values()):
        return reviews, tallied
    fits = inside(tallied, bounds)
    # Those that do not fit are mostly the fewer, and the shorter list to look every review up in.
    return reviews.anti_join(tallied.filter(~fits), key), tallied.filter(fits)
