"""Names as numbers: grouping, joining and sorting 10 million reviews by a number costs a fraction of doing it by name.

numbered   distinct names -> each with its place in the order of names
coded      reviews with the numbers beside the names
code       runs both in the engine, for all that reviews name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from reviews.attributes import told
from reviews.engine import Engine
from reviews.split import Draw


@dataclass(frozen=True)
class Coded:
    """``reviews``: user_id, item_id, score, timestamp, held_out, one row per usable review.

    ``users`` and ``items``: name and number of all that these name. ``told``: what they say of the items, if they do.
    """

    reviews: ir.Table
    users: ir.Table
    items: ir.Table
    told: ir.Table | None


def code(engine: Engine, aside: Engine, reviews: ir.Table, attributes: Sequence[str], draw: Draw | None) -> Coded:
    """``reviews``: the usable ones, with their names. Without a draw no review is held out."""

    def named(run: Engine, rows: ir.Table, role: str) -> ir.Table:
        names = rows.select(role).distinct()
        return run.create(f"{role}s", numbered(names, role, draw.drawn(names, role) if draw else {}))

    # Users beside items: numbering names is the work of one processor.
    aside.after(engine)
    users = named(aside, reviews, "user")
    told_of_items = engine.create("told", told(reviews, attributes)) if attributes else None
    items = named(engine, reviews if told_of_items is None else told_of_items, "item")
    engine.after(aside)
    both = coded(reviews.select("user", "item", "score", "timestamp"), users, items)
    held_out = draw.in_test(both) if draw else ibis.literal(False)
    numbers = both.select("user_id", "item_id", "score", "timestamp", held_out=held_out)
    return Coded(engine.create("coded", numbers), users, items, told_of_items)


def numbered(names: ir.Table, column: str, drawn: Mapping[str, ir.Value]) -> ir.Table:
    """``names`` with what is ``drawn`` of each and ``<column>_id`` (int32, from 0), in the order of names."""
    known = names.mutate(**drawn) if drawn else names  # before they are numbered, which one processor does
    place = ibis.row_number().over(order_by=known[column])
    return known.mutate(**{f"{column}_id": place.cast("int32")})


def coded(reviews: ir.Table, users: ir.Table, items: ir.Table) -> ir.Table:
    """``reviews`` with what ``users`` and ``items`` know of their names, user_id and item_id among it."""
    return reviews.join(users, "user").join(items, "item")
