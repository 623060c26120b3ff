"""Train or test: decided for each review by a hash of its own user and item, and by nothing else.

So a review keeps its side when other reviews are added, files are renamed or rows come in another order, and any
engine with MD5 draws the same line: the review is in test when the first 12 hex digits of
MD5("<seed>\\x1f<user>\\x1f<item>") are below those of the fraction.

A user whose reviews all fall into test stays there, unknown to the model, and is measured as such: moving one review
back would make its side depend on other rows. With 5 reviews and a fraction of 0.15 that is one user in 13,000.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SEPARATOR = "\x1f"
DIGITS = 12
STRATEGY = "md5_of_seed_user_item"


def in_test(reviews: ir.Table, seed: int, fraction: float) -> ir.BooleanValue:
    """True for the rows of ``reviews`` (columns user, item) that belong to the test set."""
    key = ibis.literal(f"{seed}{SEPARATOR}") + reviews.user + ibis.literal(SEPARATOR) + reviews.item
    return key.hexdigest("md5").left(DIGITS) < threshold(fraction)


def threshold(fraction: float) -> str:
    """The first hash prefix that is on the train side.

    Raises ValueError unless 0 < fraction < 1.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"the test fraction must be between 0 and 1 (both excluded), got {fraction}")
    return format(int(fraction * 16**DIGITS), f"0{DIGITS}x")
