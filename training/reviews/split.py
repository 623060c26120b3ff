"""Train or test by chance: decided for each review by a hash of its own user and item, and by nothing else.

So a review keeps its side when other reviews are added, files are renamed or rows come in another order, and any
engine with MD5 and 64-bit integers draws the same line. Of a user and of an item

    MD5("<seed>\\x1f<role>\\x1f<name>")    role: user or item; 32 hex digits, a to f read as 0 to 5
    factor = digits 1 to 15 mod PRIME      term = digits 16 to 30 mod PRIME

are taken once each, and the review is in test when

    (user factor * item factor + user term + item term) mod PRIME  <  fraction * PRIME

which spares hashing every pair: there are some twenty times fewer users and items than reviews.

A user whose reviews all fall into test stays there, unknown to the model, and is measured as such: moving one review
back would make its side depend on other rows. With 5 reviews and a fraction of 0.15 that is one user in 13,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

# Two data sets split by the same rule, seed and fraction put a review that both have on the same side. Whatever changes
# a side must change this text.
RULE = "md5 of seed, user and item, 1"

PRIME = 2**31 - 1  # the product of two numbers below it fits into 63 bits
SEPARATOR = "\x1f"
DIGITS = 15


@dataclass(frozen=True)
class Draw:
    """Which reviews chance puts into test: 0 < ``fraction`` < 1 of them, others for another ``seed``."""

    seed: int
    fraction: float

    def drawn(self, names: ir.Table, role: str) -> dict[str, ir.IntegerValue]:
        """Of ``names`` (column ``role``): ``<role>_factor`` and ``<role>_term``, int64 [0, PRIME)."""
        key = ibis.literal(f"{self.seed}{SEPARATOR}{role}{SEPARATOR}") + names[role]
        decimal = key.hexdigest("md5").translate("abcdef", "012345")
        return {
            f"{role}_factor": decimal.substr(0, DIGITS).cast("int64") % PRIME,
            f"{role}_term": decimal.substr(DIGITS, DIGITS).cast("int64") % PRIME,
        }

    def in_test(self, reviews: ir.Table) -> ir.BooleanValue:
        """True for the rows of test; ``reviews`` has what ``drawn`` gives of both roles."""
        number = reviews.user_factor * reviews.item_factor + reviews.user_term + reviews.item_term
        return number % PRIME < threshold(self.fraction)


def threshold(fraction: float) -> int:
    """The first number that is on the train side.

    Raises ValueError unless 0 < fraction < 1.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"the test fraction must be between 0 and 1 (both excluded), got {fraction}")
    return int(fraction * PRIME)
