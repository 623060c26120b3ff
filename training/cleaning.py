"""Which reviews can be used, as Ibis expressions: each takes a table and gives a table, nothing runs here.

    as_reviews   text columns -> typed columns and ``cause``: why a row is dropped, NULL if it is kept
    usable       rows without a cause
    newest       one review per user and item
    frequent     items, then users, with enough reviews

Every rule depends on the rows alone, never on their order or the file they came from.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

TEXT_COLUMNS = ("user", "item", "score", "timestamp", "style", "brewery", "abv", "text", "file")
# In the order in which they are looked for: a row is counted under the first that applies.
ROW_CAUSES = ("missing_user", "missing_item", "missing_score", "not_a_number_score")
CAUSES = (*ROW_CAUSES, "duplicate", "item_below_min", "user_below_min")


def raw_table(name: str) -> ir.Table:
    return ibis.table(dict.fromkeys(TEXT_COLUMNS, "string"), name=name)


def reviews_table(name: str) -> ir.Table:
    """Schema of what ``as_reviews`` gives."""
    return ibis.table(as_reviews(raw_table("raw")).schema(), name=name)


def as_reviews(raw: ir.Table) -> ir.Table:
    """Type the columns. Numbers are float64; a timestamp is the number as given, or a date's seconds since 1970."""
    score = raw.score.try_cast("float64")
    date = raw.timestamp.try_cast("timestamp").epoch_seconds().cast("float64")
    cause = ibis.cases(
        (_blank(raw.user), "missing_user"),
        (_blank(raw.item), "missing_item"),
        (_blank(raw.score), "missing_score"),
        (~_finite(score), "not_a_number_score"),
    )
    return raw.select(
        user=raw.user,
        item=raw.item,
        score=score,
        timestamp=_number(raw.timestamp).fill_null(date),
        style=raw.style.nullif(""),
        brewery=raw.brewery.nullif(""),
        abv=_number(raw.abv),
        file=raw.file,
        cause=cause,
    )


def usable(reviews: ir.Table) -> ir.Table:
    return reviews.filter(reviews.cause.isnull()).select("user", "item", "score", "timestamp")


def newest(reviews: ir.Table) -> ir.Table:
    """One row per (user, item): the newest; of equally old ones the highest score; undated ones are the oldest."""
    # A struct compares field by field, so one aggregate, which spills to disk, decides instead of a sort.
    age = reviews.timestamp.fill_null(float("-inf"))
    last = ibis.struct({"age": age, "score": reviews.score}).max()
    kept = reviews.group_by("user", "item").agg(last=last)
    timestamp = ibis.cases((kept.last["age"] == float("-inf"), ibis.null("float64")), else_=kept.last["age"])
    return kept.select("user", "item", score=kept.last["score"], timestamp=timestamp)


def frequent(reviews: ir.Table, column: str, minimum: int) -> ir.Table:
    """Rows whose value of ``column`` occurs at least ``minimum`` times."""
    if minimum <= 1:
        return reviews
    enough = reviews.group_by(column).agg(reviews=ibis._.count()).filter(ibis._.reviews >= minimum)
    return reviews.semi_join(enough, column)


def item_attribute(reviews: ir.Table, attribute: str) -> ir.Table:
    """What most reviews of an item say of it; of equally frequent values the first in order. One row per item."""
    counted = reviews.filter(reviews[attribute].notnull()).group_by("item", attribute).agg(votes=ibis._.count())
    order = ibis.window(group_by="item", order_by=[ibis.desc("votes"), ibis.asc(attribute)])
    ranked = counted.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("item", attribute)


def _blank(text: ir.StringValue) -> ir.BooleanValue:
    return text.isnull() | (text.strip() == "")


def _number(text: ir.StringValue) -> ir.FloatingValue:
    """The number a text holds, NULL for none and for NaN and infinity."""
    value = text.try_cast("float64")
    return ibis.cases((_finite(value), value), else_=ibis.null("float64"))


def _finite(value: ir.FloatingValue) -> ir.BooleanValue:
    return value.notnull() & ~value.isnan() & ~value.isinf()
