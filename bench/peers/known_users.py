"""A scorer made of scores for the users of train; anybody else gets the popularity list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bench.training_room import Interactions


class KnownUsers:
    """``score_rows``: positions in ``train.user_names`` [b] -> float32 [b, items]."""

    def __init__(self, train: Interactions, score_rows: Callable[[np.ndarray], np.ndarray]) -> None:
        self.items = train.item_names
        self._place = {name: place for place, name in enumerate(train.user_names)}
        self._popularity = train.item_counts.astype(np.float32)
        self._score_rows = score_rows

    def score(self, users: Sequence[str]) -> np.ndarray:
        """float32 [users, items]"""
        rows = np.array([self._place.get(name, -1) for name in users], dtype=np.int64)
        known = rows >= 0
        if known.all():
            return self._score_rows(rows)
        scores = np.tile(self._popularity, (len(rows), 1))
        if known.any():
            scores[known] = self._score_rows(rows[known])
        return scores
