"""Reviews by user: the set of items that each user reviewed, which is what a query is made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from dataset.interactions import Interactions


@dataclass(frozen=True)
class Histories:
    """User u's items are ``items[splits[u]:splits[u + 1]]`` (int32 positions below ``catalogue``, each once)."""

    splits: np.ndarray  # int64 [u + 1]
    items: np.ndarray  # int32 [r]
    catalogue: int

    def __len__(self) -> int:
        return len(self.splits) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Items of each user, int64 [u]."""
        return np.diff(self.splits)

    @property
    def item_counts(self) -> np.ndarray:
        """Users of each item, int64 [n]."""
        return np.bincount(self.items, minlength=self.catalogue)

    def of(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The items of ``users`` [b] one after another [e], and for each its place in ``users`` [e]."""
        lengths = self.lengths[users]
        ends = np.cumsum(lengths)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
        places = np.repeat(np.arange(len(users), dtype=np.int32), lengths)
        return self.items[self.splits[users][places] + within], places

    def matrix(self) -> sparse.csr_matrix:
        """Users x items, 1 where reviewed (float32)."""
        ones = np.ones(len(self.items), dtype=np.float32)
        return sparse.csr_matrix((ones, self.items, self.splits), shape=(len(self), self.catalogue))


def histories_of(reviews: Interactions) -> Histories:
    """Every user of ``reviews`` in order of position, also one without a review."""
    order = np.lexsort((reviews.items, reviews.users))
    counts = np.bincount(reviews.users, minlength=len(reviews.user_names))
    splits = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Histories(splits, reviews.items[order], len(reviews.item_names))
