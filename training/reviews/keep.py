"""From usable reviews to the kept ones, step by step in the engine.

No step here depends on what an earlier one finds: so all are given to the engine at once, and none waits for the SQL of
another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

import ibis.expr.types as ir

from reviews.bounds import Bounds, Tally, fetched, inside, tally
from reviews.cleaning import KEY, newest, repeated
from reviews.engine import Engine


@dataclass(frozen=True)
class Filtered:
    """Users, or items, to which bounds are applied. ``tallied``: all of them, before that."""

    role: str
    bounds: Bounds
    tallied: Future[Tally]

    def kept(self) -> Tally:
        """Of those that stay. Waits for the engine."""
        return self.tallied.result().within(self.bounds)

    def dropped(self) -> dict[str, int]:
        """Reviews dropped, by cause. Waits for the engine."""
        return self.tallied.result().dropped(self.role, self.bounds)


@dataclass(frozen=True)
class Kept:
    """``reviews``: user_id, item_id, score, timestamp, held_out, one row per user and item.

    ``users``: gives their tally, and waits for the engine. ``duplicates``: usable reviews left out as there is a newer
    one. ``filters``: in the order in which they were applied.
    """

    reviews: ir.Table
    users: Callable[[], Tally]
    duplicates: Future[int]
    filters: tuple[Filtered, ...]

    def left_out(self) -> dict[str, int]:
        """Usable reviews that are not kept, by cause. Waits for the engine."""
        left_out = {"duplicate": self.duplicates.result()}
        for one in self.filters:
            left_out |= one.dropped()
        return left_out


def keep(engine: Engine, counting: Engine, reviews: ir.Table, bounds: Mapping[str, Bounds]) -> Kept:
    """``bounds``: of items and of users, in the order in which they are applied. ``counting``: fetches the tallies."""
    several, duplicates = engine.counted("repeated", repeated(reviews))
    kept = _once(engine, reviews, several)
    tallied = {}
    for role, of_role in bounds.items():
        if of_role.limits or role == "user":  # users are tallied in any case
            kept, tallied[role] = _bounded(engine, kept, role, of_role)
    kept = engine.view("kept", kept)
    counting.after(engine)
    filters = tuple(Filtered(role, bounds[role], fetched(counting, table)) for role, table in tallied.items())
    return Kept(kept, filters[-1].kept, duplicates, filters)


def _once(engine: Engine, reviews: ir.Table, several: ir.Table) -> ir.Table:
    """One of ``reviews`` per user and item; ``several``: those that are ``repeated``.

    Few are: what decides between several is slow, and is only asked about those.
    """
    chosen = engine.create("chosen", newest(reviews.semi_join(several, KEY)))
    return engine.view("once", reviews.anti_join(several, KEY).union(chosen))


def _bounded(engine: Engine, reviews: ir.Table, role: str, bounds: Bounds) -> tuple[ir.Table, ir.Table]:
    """``reviews`` within the bounds, and the tally from before."""
    key = f"{role}_id"
    tallied = engine.create(f"tallied_{role}", tally(reviews, key))
    # Those that do not fit are mostly the fewer, and the shorter list to look every review up in.
    return reviews.anti_join(tallied.filter(~inside(tallied, bounds)), key), tallied
