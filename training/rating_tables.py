"""What reviews tell in closed form about the users and items in them: the tables that the network's inputs come from.

    of a user, of an item     bias, log of the number of reviews, spread of what the biases leave
    of both                   factors (rating_factors.py)
    of a feature's value      mean of what the biases leave (is this style liked more than its beers' own reviews tell?)
    of a user and a value     number of the user's reviews of it, and mean of what the biases leave of them

Means are pulled towards zero by SHRINKAGE reviews of exactly zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from item_features import ItemFeatures
from rating_factors import fit_factors
from ratings import Ratings

SHRINKAGE = 3.0


@dataclass(frozen=True)
class Pairs:
    """Users' reviews of one feature's values. ``keys`` int64 [m], rising: user * size of the feature + code.

    ``counts`` [m], ``means`` [m] (float32); ``shares`` [size]: each value's share of all reviews, ``value_means``
    [size].
    """

    keys: np.ndarray
    counts: np.ndarray
    means: np.ndarray
    shares: np.ndarray
    value_means: np.ndarray


@dataclass(frozen=True)
class Tables:
    """float32. The last row, or value, of each table is that of an unknown user or item.

    ``users`` [u + 1, 3], ``items`` [i + 1, 3]: bias, log(1 + reviews), spread; ``user_factors`` [u + 1, k],
    ``item_factors`` [i + 1, k].
    """

    users: np.ndarray
    items: np.ndarray
    user_factors: np.ndarray
    item_factors: np.ndarray
    pairs: dict[str, Pairs]


def tables_of(ratings: Ratings, features: ItemFeatures, factors: int, seed: int) -> Tables:
    found = fit_factors(ratings, factors, seed)
    left = ratings.scores - found.mean - found.user_bias[ratings.users] - found.item_bias[ratings.items]
    return Tables(
        users=_facts(ratings.users, found.user_bias, left),
        items=_facts(ratings.items, found.item_bias, left),
        user_factors=_with_unknown(found.users),
        item_factors=_with_unknown(found.items),
        pairs={name: _pairs(ratings, codes, features.sizes[name], left) for name, codes in features.codes.items()},
    )


def _facts(positions: np.ndarray, biases: np.ndarray, left: np.ndarray) -> np.ndarray:
    number = len(biases)
    counts = np.bincount(positions, minlength=number)
    squares = np.bincount(positions, left**2, minlength=number)
    usual = float(np.mean(left**2))
    spread = np.sqrt((squares + SHRINKAGE * usual) / (counts + SHRINKAGE))
    known = np.column_stack([biases, np.log1p(counts), spread])
    return np.vstack([known, [0.0, 0.0, usual**0.5]]).astype(np.float32)


def _pairs(ratings: Ratings, codes: np.ndarray, size: int, left: np.ndarray) -> Pairs:
    of_review = codes[ratings.items].astype(np.int64)
    keys, places = np.unique(ratings.users.astype(np.int64) * size + of_review, return_inverse=True)
    counts = np.bincount(places, minlength=len(keys))
    value_counts = np.bincount(of_review, minlength=size)
    value_sums = np.bincount(of_review, left, minlength=size)
    return Pairs(
        keys=keys,
        counts=counts.astype(np.float32),
        means=(np.bincount(places, left, minlength=len(keys)) / (counts + SHRINKAGE)).astype(np.float32),
        shares=(value_counts / len(ratings)).astype(np.float32),
        value_means=(value_sums / (value_counts + SHRINKAGE)).astype(np.float32),
    )


def _with_unknown(table: np.ndarray) -> np.ndarray:
    return np.vstack([table, np.zeros_like(table, shape=(1, table.shape[1]))]).astype(np.float32)
