"""Users and items with too few or too many reviews are left out, and what that drops is counted by cause."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

# In the order in which the bounds are applied: items first, then users, by the reviews which that leaves them.
BOUND_CAUSES = ("item_below_min", "item_above_max", "user_below_min", "user_above_max")


@dataclass(frozen=True)
class Bounds:
    """How many reviews an item or a user may have; ``maximum`` None is no limit."""

    minimum: int = 1
    maximum: int | None = None

    @property
    def limits(self) -> bool:
        return self.minimum > 1 or self.maximum is not None


def tally(reviews: ir.Table, key: str) -> ir.Table:
    """Of each ``key`` (user_id or item_id): how many ``reviews``, and how many of them are ``tested``."""
    return reviews.group_by(key).agg(reviews=ibis._.count(), tested=ibis._.held_out.sum())


def inside(tallied: ir.Table, bounds: Bounds) -> ir.BooleanValue:
    """True for the rows of ``tally`` whose number of reviews is within the bounds."""
    enough = tallied.reviews >= bounds.minimum
    return enough if bounds.maximum is None else enough & (tallied.reviews <= bounds.maximum)


def dropped(tallied: ir.Table, role: str, bounds: Bounds) -> ir.Table:
    """One row: the reviews below the minimum and those above the maximum, as ``<role>_below_min``, ``_above_max``."""
    count = tallied.reviews
    above = ibis.literal(False) if bounds.maximum is None else count > bounds.maximum
    return tallied.agg(
        **{
            f"{role}_below_min": count.sum(where=count < bounds.minimum).fill_null(0),
            f"{role}_above_max": count.sum(where=above).fill_null(0),
        }
    )
