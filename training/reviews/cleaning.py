"""Which reviews can be used, as Ibis expressions: each takes a table and gives a table, nothing runs here.

    typed        columns as read -> scores and timestamps are numbers
    as_reviews   typed rows -> reviews and ``cause``: why a row is dropped
    usable       rows without a cause
    repeated     each user and item of several reviews
    newest       one review per user and item

Every rule depends on the rows alone, never on their order or the file they came from.
"""

from __future__ import annotations

import sys
from collections.abc import Collection

import ibis
import ibis.expr.types as ir

NUMBERS = ("score", "timestamp", "abv")
COLUMNS = ("user", "item", "style", "brewery", *NUMBERS)
USABLE = 0
# ``cause`` is a place in this list, from 1. A row is counted under the first cause that applies.
LONGEST_NAME = 1000  # bytes of a user's, an item's and an attribute's name
ROW_CAUSES = ("missing_user", "missing_item", "name_too_long", "missing_score", "not_a_number_score")
KEY = ("user_id", "item_id")
LARGEST = sys.float_info.max


def raw_table(name: str, numeric: Collection[str] = (), several_files: bool = False) -> ir.Table:
    """What is read: text; the columns ``numeric`` are float64; ``file``, if there are several, is the file's place."""
    types = {column: "float64" if column in numeric else "string" for column in COLUMNS}
    return ibis.table(types | ({"file": "int32"} if several_files else {}), name=name)


def typed(raw: ir.Table) -> ir.Table:
    """``number``: the score as float64; ``timestamp``: the number as given, or a date's seconds since 1970 (float64).

    What is said of items stays as it is: it is typed where it is counted, which is less work.
    """
    return raw.mutate(number=raw.score.try_cast("float64"), timestamp=_moment(raw.timestamp))


def as_reviews(rows: ir.Table) -> ir.Table:
    """``typed`` rows with the cause; a timestamp that is no finite number is NULL."""
    too_long = (size(rows.user) > LONGEST_NAME) | (size(rows.item) > LONGEST_NAME)
    cause = ibis.cases(
        # Nearly every row ends here; what follows costs more and is only asked about the others.
        (_surely_text(rows.user) & _surely_text(rows.item) & finite(rows.number) & ~too_long, USABLE),
        (_blank(rows.user), 1),
        (_blank(rows.item), 2),
        (too_long, 3),
        (finite(rows.number), USABLE),
        (_blank(rows.score), 4),
        else_=5,
    )
    timestamp = ibis.cases((finite(rows.timestamp), rows.timestamp), else_=ibis.null("float64"))
    return rows.mutate(score=rows.number, timestamp=timestamp, cause=cause.cast("int8")).drop("number")


def usable(reviews: ir.Table) -> ir.Table:
    return reviews.filter(reviews.cause == USABLE)


def repeated(reviews: ir.Table) -> ir.Table:
    """Each (user_id, item_id) of several ``reviews``, once for every review that is one too many."""
    # Of 10 million reviews, counting those of each pair takes a quarter longer.
    placed = reviews.select(*KEY, place=ibis.row_number().over(group_by=KEY))
    return placed.filter(placed.place > 0).drop("place")


def newest(reviews: ir.Table) -> ir.Table:
    """One row per (user_id, item_id): the newest; of equally old ones the highest score; undated ones are the oldest.

    Slow: meant for the reviews that are repeated. Other columns must be the same for all reviews of the pair.
    """
    order = (ibis.desc("timestamp", nulls_first=False), ibis.desc("score"))
    placed = reviews.mutate(place=ibis.row_number().over(group_by=KEY, order_by=order))
    return placed.filter(placed.place == 0).select(*reviews.columns)


@ibis.udf.scalar.builtin(name="strlen")
def size(text: str) -> int:  # type: ignore[empty-body]  # the engine has it
    """Bytes of a text: the engine knows them, while its letters would have to be counted."""


def finite(value: ir.FloatingValue) -> ir.BooleanValue:
    """False for NaN, which SQL puts above all numbers, and for infinity; NULL for NULL."""
    return value.between(-LARGEST, LARGEST)


def _surely_text(value: ir.StringValue) -> ir.BooleanValue:
    """True for no blank text and for most others: none that begins with "!" or above is blank."""
    return value >= "!"


def _blank(value: ir.Value) -> ir.BooleanValue:
    return value.isnull() | (value.strip() == "") if isinstance(value, ir.StringValue) else value.isnull()


def _moment(value: ir.Value) -> ir.FloatingValue:
    number = value.try_cast("float64")
    if not isinstance(value, ir.StringValue):
        return number
    return number.fill_null(value.try_cast("timestamp").epoch_seconds().cast("float64"))
