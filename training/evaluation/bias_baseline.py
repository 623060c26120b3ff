"""What a score is without knowing who likes what: the mean score, what a user adds to it and what an item adds to it.

    score(user, item) = mean + user bias + item bias

The biases minimise the sum of squared errors plus ``user_shrinkage`` and ``item_shrinkage`` times the sums of their
squares (ridge regression; Y. Koren, Collaborative Filtering with Temporal Dynamics, 2009, the baseline predictors).
That is solved exactly by turns: given the items', a user's bias is the sum of what is left of the scores, divided by
their number plus the shrinkage; and the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.ratings import Ratings

SHRINKAGES = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0)  # reviews of average score that everybody has beside their own
MOST_TURNS = 30
CLOSE = 1e-5  # of the scores' spread: largest change of a bias in the last turn
VALIDATED_SHARE = 0.1
VALIDATED_MOST = 200_000


@dataclass(frozen=True)
class Biases:
    """``users`` [u], ``items`` [i]: what each adds to ``mean``; scores lie within ``lowest`` and ``highest``."""

    mean: float
    users: np.ndarray
    items: np.ndarray
    lowest: float
    highest: float

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """float64 [n]; a position of -1 is an unknown user or item, who adds nothing."""
        scores = self.mean + _taken(self.users, users) + _taken(self.items, items)
        return np.clip(scores, self.lowest, self.highest)


def fit_biases(ratings: Ratings, user_shrinkage: float, item_shrinkage: float) -> Biases:
    """Shrinkages above 0, in reviews."""
    users, items = len(ratings.user_names), len(ratings.item_names)
    user_weights = np.bincount(ratings.users, minlength=users) + user_shrinkage
    item_weights = np.bincount(ratings.items, minlength=items) + item_shrinkage
    mean = float(ratings.scores.mean())
    left = ratings.scores - mean
    of_user, of_item = np.zeros(users), np.zeros(items)
    close = CLOSE * float(left.std())
    for _ in range(MOST_TURNS):
        before = of_user
        of_item = np.bincount(ratings.items, left - of_user[ratings.users], minlength=items) / item_weights
        of_user = np.bincount(ratings.users, left - of_item[ratings.items], minlength=users) / user_weights
        if np.abs(of_user - before).max() <= close:
            break
    return Biases(mean, of_user, of_item, float(ratings.scores.min()), float(ratings.scores.max()))


def tuned_biases(ratings: Ratings, seed: int) -> Biases:
    """Both shrinkages chosen on a part of ``ratings`` that is set aside, then fitted to all of them.

    One is climbed after the other, from the middle of SHRINKAGES. Too few reviews to choose on keep the middle.
    """
    chosen = [SHRINKAGES[len(SHRINKAGES) // 2]] * 2
    share = min(VALIDATED_SHARE, VALIDATED_MOST / len(ratings))
    aside = np.random.default_rng([seed, 0xB1A5]).random(len(ratings)) < share
    if aside.any() and not aside.all():
        kept, held_out = ratings.where(~aside), ratings.where(aside)

        def error(shrinkages: list[float]) -> float:
            predicted = fit_biases(kept, *shrinkages).predict(held_out.users, held_out.items)
            return float(np.mean((predicted - held_out.scores) ** 2))

        for side in (1, 0):
            tried = {value: error([*chosen[:side], value, *chosen[side + 1 :]]) for value in SHRINKAGES}
            chosen[side] = min(tried, key=tried.__getitem__)
    return fit_biases(ratings, *chosen)


def _taken(biases: np.ndarray, positions: np.ndarray) -> np.ndarray:
    return np.append(biases, 0.0)[positions]
