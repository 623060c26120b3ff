"""What asks for no learning of tastes: the mean score, and user and item biases as the evaluation computes them."""

from __future__ import annotations

import numpy as np

from bench.rating_peers.peer import Predict, Setting
from bench.training_room import Ratings, tuned_biases


class GlobalMean:
    name = "global mean"

    def settings(self) -> list[Setting]:
        return [{}]

    def fit(self, train: Ratings, setting: Setting, seed: int) -> Predict:
        mean = train.scores.mean()
        return lambda users, items: np.full(len(users), mean)


class UserAndItemBias:
    """Its shrinkages are chosen by tuned_biases itself, on a part of the reviews."""

    name = "user + item bias"

    def settings(self) -> list[Setting]:
        return [{}]

    def fit(self, train: Ratings, setting: Setting, seed: int) -> Predict:
        return tuned_biases(train, seed).predict
