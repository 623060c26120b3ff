"""From usable reviews to the kept ones, step by step in the engine; a table is dropped as soon as nothing needs it.

No step depends on what an earlier one finds: so all are given to the engine at once, and none waits for another's SQL.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

import ibis.expr.types as ir

from reviews.bounds import Bounds, dropped, inside, tally
from reviews.cleaning import KEY, newest, repeated
from reviews.engine import Engine


@dataclass(frozen=True)
class Kept:
    """``reviews``: user_id, item_id, score, timestamp, held_out, one row per user and item.

    ``tallied_users``: of the kept reviews. ``dropped``: usable reviews left out, by cause, in several parts.
    """

    reviews: ir.Table
    tallied_users: ir.Table
    dropped: list[Future[dict[str, int]]]

    def left_out(self) -> dict[str, int]:
        """``dropped`` as a whole. Waits for the engine."""
        return {cause: int(count) for part in self.dropped for cause, count in part.result().items()}


def keep(engine: Engine, reviews: ir.Table, bounds: tuple[Bounds, Bounds]) -> Kept:
    """``reviews``: table ``coded``, which is dropped. ``bounds``: of items and of users."""
    kept, *left_out = _once(engine, reviews)
    of_items, of_users = bounds
    if of_items.limits:
        kept, _, count = _bounded(engine, kept, "item", of_items)
        left_out.append(count)
    kept, tallied_users, count = _bounded(engine, kept, "user", of_users)
    kept = engine.create("kept", kept)
    engine.drop("coded")
    return Kept(kept, tallied_users, [*left_out, count])


def _once(engine: Engine, reviews: ir.Table) -> tuple[ir.Table, Future[dict[str, int]]]:
    """One of ``reviews`` per user and item, and how many that drops as duplicates.

    Few are repeated: what decides between several is slow, and is only asked about those.
    """
    several = engine.create("repeated", repeated(reviews))
    count = engine.row(several.agg(duplicate=several.count()))
    chosen = engine.create("chosen", newest(reviews.semi_join(several, KEY)))
    return engine.view("once", reviews.anti_join(several, KEY).union(chosen)), count


def _bounded(
    engine: Engine, reviews: ir.Table, role: str, bounds: Bounds
) -> tuple[ir.Table, ir.Table, Future[dict[str, int]]]:
    """``reviews`` within the bounds, the tally of their users or items, and how many reviews that drops."""
    key = f"{role}_id"
    tallied = engine.create(f"tallied_{role}", tally(reviews, key))
    count = engine.row(dropped(tallied, role, bounds))
    fits = inside(tallied, bounds)
    # Those that do not fit are mostly the fewer, and the shorter list to look every review up in.
    return reviews.anti_join(tallied.filter(~fits), key), tallied.filter(fits), count
