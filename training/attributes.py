"""What the reviews tell of an item beside its name: style, brewery, abv."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from cleaning import NUMBERS, finite

ATTRIBUTES = ("style", "brewery", "abv")


def told(reviews: ir.Table, attributes: Sequence[str]) -> ir.Table:
    """Each different (item, attributes...) as written, and by how many reviews it is told: ``votes``."""
    return reviews.group_by("item", *attributes).agg(votes=ibis._.count())


def attribute(told_of_items: ir.Table, name: str) -> ir.Table:
    """What most reviews of an item say of it; of equally frequent values the first in order. One row per item.

    An empty text, and for a number what is no finite number, says nothing.
    """
    said = told_of_items[name].try_cast("float64") if name in NUMBERS else told_of_items[name]
    known = finite(said) if name in NUMBERS else said != ""
    values = told_of_items.select("item", "votes", **{name: said}).filter(known)
    votes = values.group_by("item", name).agg(votes=ibis._.votes.sum())
    order = ibis.window(group_by="item", order_by=[ibis.desc("votes"), ibis.asc(name)])
    ranked = votes.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("item", name)


def described(items: ir.Table, told_of_items: ir.Table, attributes: Sequence[str]) -> ir.Table:
    """``items`` (column item) with their attributes, in order of name."""
    for name in attributes:
        items = items.left_join(attribute(told_of_items, name), "item").drop("item_right")
    return items.order_by("item")
