"""Examples for the network whose inputs owe nothing to their own scores.

Reviews are dealt into folds. The closed forms are fitted without a fold and tell the inputs of that fold's reviews, so
no review's score is in its own inputs, and the network learns how far they can be trusted (cross-fitting, as in stacked
generalisation: D. Wolpert, 1992). Of many reviews only some folds are used: what the network has to learn is small,
while fitting the closed forms takes longer with each fold.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dataset.item_features import ItemFeatures
from dataset.ratings import Ratings
from ranking.examples import Examples, joined
from ranking.inputs import RankingInputs, in_blocks
from ranking.tables import Tables

FOLDS = 5
LARGEST_FOLD = 500_000  # reviews: of more, there are more folds
MOST_EXAMPLES = 1_000_000  # reviews to learn from
UNKNOWN_USERS = 0.02  # share of the reviews that are learnt a second time as by an unknown user

Fit = Callable[[Ratings], Tables]


def folds_of(ratings: Ratings, seed: int) -> tuple[np.ndarray, int]:
    """Each review's fold [n], all equally large, and how many of the folds are used."""
    number = max(FOLDS, -(-len(ratings) // LARGEST_FOLD))
    fold = np.random.default_rng([seed, 0xF01D]).permutation(len(ratings)) % number
    return fold, min(number, -(-MOST_EXAMPLES * number // len(ratings)))


def cross_fitted(ratings: Ratings, features: ItemFeatures, fit: Fit, seed: int) -> Examples:
    """Examples to learn from; raises ValueError for fewer reviews than FOLDS."""
    if len(ratings) < FOLDS:
        raise ValueError(f"{len(ratings)} reviews cannot be dealt into {FOLDS} folds")
    fold, used = folds_of(ratings, seed)
    random = np.random.default_rng([seed, 0x0DD])
    examples: list[Examples] = []
    for number in range(used):
        asked = ratings.where(fold == number)
        inputs = RankingInputs(fit(ratings.where(fold != number)), features)
        again = asked.where(random.random(len(asked)) < UNKNOWN_USERS)
        examples += [examples_of(asked, inputs), examples_of(again.by_unknown_users(), inputs)]
    return joined(examples)


def examples_of(asked: Ratings, inputs: RankingInputs) -> Examples:
    """``asked`` has the positions of the reviews that ``inputs`` are of."""
    return Examples(asked.users, asked.items, in_blocks(inputs, asked.users, asked.items), asked.scores.astype("f4"))
