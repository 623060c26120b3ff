"""Reviews with their scores, as the ranking model learns and is measured on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dataset.interactions import InteractionsError, positions_of, read_columns

UNKNOWN = -1  # position of a user or an item without a name


@dataclass(frozen=True)
class Ratings:
    """``users[n]`` gave ``items[n]`` (int32 positions in ``user_names`` and ``item_names``) ``scores[n]`` (float64).

    Positions are UNKNOWN for what has no name here. The lists of names are in order of name.
    """

    users: np.ndarray
    items: np.ndarray
    scores: np.ndarray
    user_names: np.ndarray
    item_names: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, rows: np.ndarray) -> Ratings:
        """Only the given rows (bool [n] or positions); the lists of names stay as they are."""
        return replace(self, users=self.users[rows], items=self.items[rows], scores=self.scores[rows])

    def by_unknown_users(self) -> Ratings:
        """The same rows, of a user whose position is after the last."""
        return replace(self, users=np.full_like(self.users, len(self.user_names)))

    def named_as(self, other: Ratings) -> Ratings:
        """The same rows by the positions of ``other``."""
        return Ratings(
            _translated(self.users, self.user_names, other.user_names),
            _translated(self.items, self.item_names, other.item_names),
            self.scores,
            other.user_names,
            other.item_names,
        )


def read_ratings(path: Path) -> Ratings:
    """Read columns ``user``, ``item`` and ``score`` of a Parquet file, or of the only Parquet file in a folder.

    Raises InteractionsError when there is none, it cannot be read, holds no row or a score that is no finite number.
    """
    table = read_columns(path, ["user", "item", "score"])
    users, user_names = positions_of(table["user"])
    items, item_names = positions_of(table["item"])
    scores = table["score"].to_numpy().astype(np.float64)
    if unusable := int((~np.isfinite(scores)).sum()):
        raise InteractionsError(f"{path}: {unusable} scores are no finite number; preprocess.py leaves such rows out")
    return Ratings(users, items, scores, user_names, item_names)


def _translated(positions: np.ndarray, names: np.ndarray, into: np.ndarray) -> np.ndarray:
    place = {name: position for position, name in enumerate(into)}
    table = np.array([place.get(name, UNKNOWN) for name in names] + [UNKNOWN], dtype=np.int32)
    return table[positions]
