"""What the reviews tell of an item beside its name: style, brewery, abv."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from reviews.cleaning import LONGEST_NAME, NUMBERS, finite, size

ATTRIBUTES = ("style", "brewery", "abv")


def told(reviews: ir.Table, attributes: Sequence[str]) -> ir.Table:
    """Each different (item, attributes...) as written, and by how many reviews it is told: ``votes``."""
    return reviews.group_by("item", *attributes).agg(votes=ibis._.count())


def described(told_of_items: ir.Table, attributes: Sequence[str]) -> ir.Table:
    """Each item with what most reviews of it say.

    Of equally frequent values the first in order is taken. An empty text, and for a number what is no finite number,
    says nothing, nor does a text longer than a name may be.
    """
    if not attributes:
        return told_of_items.select("item").distinct()
    said = told_of_items.mutate(**{name: _meant(told_of_items[name], name) for name in attributes})
    # Of most items all reviews say the same.
    several = told_of_items.group_by("item").agg(told=ibis._.count()).filter(ibis._.told > 1)
    alike = said.anti_join(several, "item").select("item", *attributes)
    return alike.union(_decided(said.semi_join(several, "item"), attributes))


def _decided(said: ir.Table, attributes: Sequence[str]) -> ir.Table:
    """Of items of which different things are told: slow, and only asked about these."""
    # One pass over the items, for all attributes: a struct compares field by field, so its minimum is the choice.
    choices = {name: ibis.struct({"against": -_votes(said, name), "value": said[name]}) for name in attributes}
    ranked = said.select("item", **choices)
    best = ranked.group_by("item").agg(
        **{name: ranked[name].min(where=ranked[name]["value"].notnull()) for name in attributes}
    )
    return best.select("item", **{name: best[name]["value"] for name in attributes})


def _meant(value: ir.Value, name: str) -> ir.Value:
    """NULL where the value says nothing."""
    if name not in NUMBERS:
        return ibis.cases((size(value) > LONGEST_NAME, ibis.null("string")), else_=value.nullif(""))
    number = value.try_cast("float64")
    return ibis.cases((finite(number), number), else_=ibis.null("float64"))


def _votes(said: ir.Table, name: str) -> ir.IntegerValue:
    return said.votes.sum().over(ibis.window(group_by=["item", name]))
