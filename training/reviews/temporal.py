"""Train or test by time: what is newer than a cut is tested, by a model that has seen only what is older.

Every dated train review has timestamp < cut <= timestamp of every test review. Undated reviews count as the oldest:
they are train's.
"""

from __future__ import annotations

from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir

RULE = "test at or after the cut, 1"

# Numbers that are taken for seconds since 1970: from 1973 to 2286. Years and milliseconds lie outside.
FIRST_SECOND, LAST_SECOND = 10**8, 10**10


def cuts(reviews: ir.Table, count: int, fraction: float) -> ir.Table:
    """The best cut of ``count`` reviews as a row (column ``timestamp``), no row if there is none.

    A cut is a timestamp of a review, so that test is not empty, with an older or undated review before it, so that
    train is not. The best comes nearest to ``fraction`` of all reviews in test; of two equally near the later.
    """
    dated = reviews.filter(reviews.timestamp.notnull())
    moments = dated.group_by("timestamp").agg(reviews=ibis._.count())
    newest_first = ibis.cumulative_window(order_by=ibis.desc("timestamp"))
    tested = moments.select("timestamp", tested=moments.reviews.sum().over(newest_first))
    possible = tested.filter(tested.tested < count)
    distance = (possible.tested - fraction * count).abs()
    nearest = possible.mutate(distance=distance).order_by("distance", ibis.desc("timestamp")).limit(1)
    return nearest.select("timestamp")


def at_or_after(reviews: ir.Table, cut: ir.FloatingValue) -> ir.BooleanValue:
    """True for the rows of ``reviews`` that belong to the test set."""
    return (reviews.timestamp >= cut).fill_null(False)


def iso_date(timestamp: float) -> str | None:
    """As 2024-05-17T09:30:00+00:00, if the number can be seconds since 1970."""
    if not FIRST_SECOND <= timestamp < LAST_SECOND:
        return None
    return datetime.fromtimestamp(timestamp, UTC).isoformat()
