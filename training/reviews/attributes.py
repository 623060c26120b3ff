"""What the reviews tell of an item beside its name: style, brewery, abv."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import ibis
import ibis.expr.types as ir

from reviews.cleaning import LONGEST_NAME, NUMBERS, finite, size
from reviews.engine import Engine

ATTRIBUTES = ("style", "brewery", "abv")


def told(reviews: ir.Table, attributes: Sequence[str]) -> ir.Table:
    """Each different (item, attributes...) as written, and by how many reviews it is told: ``votes``."""
    return reviews.group_by("item", *attributes).agg(votes=ibis._.count())


def told_differently(engine: Engine, told_of_items: ir.Table) -> tuple[ir.Table, Future[int]]:
    """Table of the items of which not all reviews tell the same, and how many that are: mostly few, and often none."""
    counted = told_of_items.group_by("item").agg(told=ibis._.count())
    return engine.counted("told_differently", counted.filter(counted.told > 1))


def described(told_of_items: ir.Table, attributes: Sequence[str], differently: ir.Table | None) -> ir.Table:
    """Each item with what most reviews of it say. ``differently``: table ``told_differently``, unless it is empty.

    Of equally frequent values the first in order is taken. An empty text, and for a number what is no finite number,
    says nothing, nor does a text longer than a name may be.
    """
    said = told_of_items.select("item", "votes", **{name: _meant(told_of_items[name], name) for name in attributes})
    if differently is None:
        return said.drop("votes")
    alike = said.anti_join(differently, "item").drop("votes")
    return alike.union(_decided(said.semi_join(differently, "item"), attributes))


def _decided(said: ir.Table, attributes: Sequence[str]) -> ir.Table:
    """What is said by most: slow, and only asked about items of which different things are."""
    counted = said.mutate(**{_votes(name): said.votes.sum().over(group_by=["item", name]) for name in attributes})
    return counted.group_by("item").agg(
        **{name: counted[name].first(order_by=(ibis.desc(_votes(name)), name)) for name in attributes}
    )


def _meant(value: ir.Value, name: str) -> ir.Value:
    """NULL where the value says nothing."""
    if name not in NUMBERS:
        return ibis.cases((size(value) > LONGEST_NAME, ibis.null("string")), else_=value.nullif(""))
    number = value.try_cast("float64")
    return ibis.cases((finite(number), number), else_=ibis.null("float64"))


def _votes(attribute: str) -> str:
    """The column of how many reviews say what a row says of the attribute."""
    return f"{attribute}_votes"
