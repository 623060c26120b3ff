"""From typed reviews to the kept ones, step by step in the engine; a table is dropped as soon as nothing needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import ibis
import ibis.expr.types as ir
from attributes import told
from bounds import Bounds, allowed, dropped, tally
from cleaning import KEY, marked, newest, usable
from coding import coded, numbered
from engine import create, drop, row
from split import Draw

COLUMNS = (*KEY, "score", "timestamp", "held_out")


@dataclass(frozen=True)
class Kept:
    """``reviews``: user_id, item_id, score, timestamp, held_out, one row per user and item.

    ``users`` and ``items``: name and number of all that usable reviews name. ``told``: what these say of the items.
    ``tallied_users`` and ``tallied_items``: of the kept reviews. ``dropped``: usable reviews left out, by cause.
    """

    reviews: ir.Table
    users: ir.Table
    items: ir.Table
    told: ir.Table
    tallied_users: ir.Table
    tallied_items: ir.Table
    dropped: dict[str, int]


def keep(
    connection: duckdb.DuckDBPyConnection,
    reviews: ir.Table,
    attributes: Sequence[str],
    bounds: tuple[Bounds, Bounds],
    draw: Draw | None,
) -> Kept:
    """``reviews``: the table of that name, which is dropped. ``bounds``: of items and of users.

    Without a draw no review is held out.
    """
    good = usable(reviews)
    names = good.select("user").distinct()
    users = create(connection, "users", numbered(draw.drawn(names, "user") if draw else names, "user"))
    told_of_items = create(connection, "told", told(good, attributes))
    names = told_of_items.select("item").distinct()
    items = create(connection, "items", numbered(draw.drawn(names, "item") if draw else names, "item"))
    named = coded(good, users, items)
    sided = named.mutate(held_out=draw.in_test(named) if draw else ibis.literal(False)).select(*COLUMNS)
    table = create(connection, "marked", marked(sided))
    drop(connection, "reviews")

    # Few reviews are repeated: what decides between several is slow, and is only asked about those.
    chosen = create(connection, "chosen", newest(table.filter(table.repeated).select(*COLUMNS)))
    kept = table.filter(~table.repeated).select(*COLUMNS).union(chosen)
    repeated = row(connection, table.agg(repeated=table.repeated.sum().fill_null(0)))["repeated"]
    left_out = {"duplicate": int(repeated) - row(connection, chosen.agg(rows=chosen.count()))["rows"]}

    of_items, of_users = bounds
    if of_items.limits:
        kept, _ = _bounded(connection, kept, "item", of_items, left_out)
    kept, tallied_users = _bounded(connection, kept, "user", of_users, left_out)
    tallied_items = create(connection, "tallied_kept_item", tally(kept, "item_id"))
    return Kept(kept, users, items, told_of_items, tallied_users, tallied_items, left_out)


def _bounded(
    connection: duckdb.DuckDBPyConnection, reviews: ir.Table, role: str, bounds: Bounds, left_out: dict[str, int]
) -> tuple[ir.Table, ir.Table]:
    """``reviews`` within the bounds and the tally of their users or items; adds to ``left_out`` what that drops."""
    key = f"{role}_id"
    tallied = create(connection, f"tallied_{role}", tally(reviews, key))
    counts = {cause: int(count) for cause, count in row(connection, dropped(tallied, role, bounds)).items()}
    left_out |= counts
    if not any(counts.values()):
        return reviews, tallied
    good = allowed(tallied, bounds)
    return reviews.semi_join(good, key), good
