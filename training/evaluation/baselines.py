"""Places under lists that need no scoring: the same popular items for everybody, and chance."""

from __future__ import annotations

import numpy as np

from evaluation.ranks import UNKNOWN, HeldOut, Places


def popularity(asked: HeldOut, order: np.ndarray, shown: int) -> Places:
    """The same list for everybody. ``order`` [n]: the place in it of each item of the catalogue."""
    users, known = asked.held_out[:, 0], asked.held_out[:, 1] >= 0
    seen = _Seen(asked, order)
    among_all = np.where(known, order[asked.held_out[:, 1]], UNKNOWN).astype(np.int32)
    among_unseen = np.where(known, among_all - seen.before(users, among_all), UNKNOWN).astype(np.int32)
    item_at = np.argsort(order)
    first = np.broadcast_to(np.arange(shown), (asked.users, shown))
    return Places(among_all, among_unseen, seen.items(first, item_at))


def chance(asked: HeldOut, catalogue: int, shown: int, seed: int) -> Places:
    """A list in random order for each user, seeded."""
    random = np.random.default_rng(seed)
    users, known = asked.held_out[:, 0], asked.held_out[:, 1] >= 0
    order = np.arange(catalogue)
    seen = _Seen(asked, order)
    unseen = catalogue - seen.numbers

    def drawn(limits: np.ndarray) -> np.ndarray:
        found = np.full(len(users), UNKNOWN, dtype=np.int32)
        found[known] = _distinct(random, users[known], limits[users[known]])
        return found

    among_all = drawn(np.full(asked.users, catalogue))
    among_unseen = drawn(unseen)
    number = np.minimum(unseen, shown)  # of items shown to each user
    owners = np.repeat(np.arange(asked.users), number)
    ranks = np.full((asked.users, shown), catalogue, dtype=np.int64)
    ranks[np.arange(shown) < number[:, None]] = _distinct(random, owners, unseen[owners])
    return Places(among_all, among_unseen, seen.items(ranks, order))


class _Seen:
    """Where each user's seen items stand in an order of the catalogue."""

    def __init__(self, asked: HeldOut, order: np.ndarray) -> None:
        self._catalogue = len(order)
        # Stable, as that notices where they are in order already.
        self._keys = np.sort(asked.seen[:, 0] * self._catalogue + order[asked.seen[:, 1]], kind="stable")
        self.numbers = np.bincount(asked.seen[:, 0], minlength=asked.users)
        self._starts = np.cumsum(self.numbers) - self.numbers

    def before(self, users: np.ndarray, places: np.ndarray) -> np.ndarray:
        """How many of the user's seen items stand before ``places``, of the same shape as ``users``."""
        places = np.minimum(places.astype(np.int64), self._catalogue)
        return np.searchsorted(self._keys, users * self._catalogue + places) - self._starts[users]

    def items(self, ranks: np.ndarray, item_at: np.ndarray) -> np.ndarray:
        """The items [u, s] at ``ranks`` [u, s] among each user's unseen ones; -1 where there are not so many."""
        users = np.broadcast_to(np.arange(len(ranks))[:, None], ranks.shape)
        places = ranks + self.before(users, ranks + 1)
        moving = np.nonzero(places > ranks)
        while len(moving[0]):  # every seen item up to a place moves it on by one
            old = places[moving]
            places[moving] = ranks[moving] + self.before(moving[0], old + 1)
            moving = tuple(part[places[moving] > old] for part in moving)
        shown = np.append(item_at, -1)[np.minimum(places, self._catalogue)]
        return shown.astype(np.int32)


def _distinct(random: np.random.Generator, owners: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """A random number from 0 to below ``limits`` for each of ``owners``, no owner drawing the same twice.

    Draws are repeated only where they meet an earlier one, so every set of numbers is as likely as any other.
    """
    drawn = random.integers(0, limits)
    stride = int(limits.max(initial=0)) + 1
    rows = np.arange(len(owners))  # of owners of whom two may have met
    while True:
        keys = owners[rows] * stride + drawn[rows]
        ordered = np.sort(keys)
        met = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(met):
            return drawn
        meeting = np.flatnonzero(met[np.minimum(np.searchsorted(met, keys), len(met) - 1)] == keys)
        _, first = np.unique(keys[meeting], return_index=True)
        again = rows[np.delete(meeting, first)]
        drawn[again] = random.integers(0, limits[again])
        rows = rows[np.isin(owners[rows], owners[again])]
