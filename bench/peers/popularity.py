"""The same list of most reviewed items for everybody: what a model has to beat to be worth its cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.peers.peer import Setting
from bench.training_room import Interactions, Scorer


class MostReviewed:
    """A scorer: an item's score is its number of train reviews."""

    def __init__(self, train: Interactions) -> None:
        self.items = train.item_names
        self.counts = train.item_counts.astype(np.float32)

    def score(self, users: Sequence[str]) -> np.ndarray:
        """float32 [users, items]"""
        return np.tile(self.counts, (len(users), 1))  # for the caller to write into


class Popularity:
    name = "popularity"

    def settings(self) -> list[Setting]:
        return [{}]

    def refusal(self, train: Interactions) -> str | None:
        return None

    def fit(self, train: Interactions, setting: Setting, seed: int) -> Scorer:
        return MostReviewed(train)
