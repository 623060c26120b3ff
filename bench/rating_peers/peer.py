"""What ranking.py needs of a peer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from bench.training_room import Ratings

Setting = Mapping[str, float]
Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]  # positions of users [n] and items [n], -1: unknown -> scores


class RatingPeer(Protocol):
    name: str

    def settings(self) -> Sequence[Setting]:
        """All that are tried on the reviews set aside; a single empty one where the peer chooses by itself."""
        ...

    def fit(self, train: Ratings, setting: Setting, seed: int) -> Predict:
        """Predicts for positions in the lists of names of ``train``."""
        ...
