"""Users and items with too few or too many reviews are left out, and what that drops is counted by cause."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from reviews.engine import Engine

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


@dataclass(frozen=True)
class Tally:
    """Of all users, or of all items: how many ``reviews`` each has [n], and how many of them are ``tested`` [n]."""

    reviews: np.ndarray
    tested: np.ndarray

    @property
    def only_tested(self) -> int:
        """How many have no review that is not tested."""
        return int((self.reviews == self.tested).sum())

    def within(self, bounds: Bounds) -> Tally:
        """Of those alone whose number of reviews is within the bounds."""
        fits = self.reviews >= bounds.minimum
        if bounds.maximum is not None:
            fits &= self.reviews <= bounds.maximum
        return Tally(self.reviews[fits], self.tested[fits])

    def dropped(self, role: str, bounds: Bounds) -> dict[str, int]:
        """The reviews below the minimum and those above the maximum, as ``<role>_below_min``, ``_above_max``."""
        above = 0 if bounds.maximum is None else self.reviews[self.reviews > bounds.maximum].sum()
        below = self.reviews[self.reviews < bounds.minimum].sum()
        return {f"{role}_below_min": int(below), f"{role}_above_max": int(above)}


def tally(reviews: ir.Table, key: str) -> ir.Table:
    """Of each ``key`` (user_id or item_id): how many ``reviews``, and how many of them are ``tested``."""
    return reviews.group_by(key).agg(reviews=ibis._.count(), tested=ibis._.held_out.sum())


def inside(tallied: ir.Table, bounds: Bounds) -> ir.BooleanValue:
    """True for the rows of ``tally`` whose number of reviews is within the bounds."""
    enough = tallied.reviews >= bounds.minimum
    return enough if bounds.maximum is None else enough & (tallied.reviews <= bounds.maximum)


def fetched(engine: Engine, tallied: ir.Table) -> Future[Tally]:
    """What ``tally`` gives, as arrays: it is looked at several times, and each is less work than a statement."""
    return engine.stored(tallied, ("reviews", "tested"), Tally)
