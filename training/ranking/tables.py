"""What reviews tell in closed form about the users and items in them: the tables that the network's inputs come from.

    of a user, of an item    bias and factors (factors.py), log of the number of reviews, spread of what the
                             biases leave
    of a feature (style)     mean of what the biases leave, of each value
    of a user and a value    the user's number of reviews of it, and the mean of what the biases leave of them

Who often reviews a style likes it, so a number says something of a score: the lift of a review is

    log(1 + the user's other reviews of the value) - log(1 + what they would be if the user was like everybody)

Biases hide a part of that, as a user's own contains what the usual lift of that user's reviews is worth. So the mean
lift of each user's and each item's reviews is told too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.item_features import ItemFeatures
from dataset.ratings import Ratings
from ranking.factors import fit_factors

SHRINKAGE = 3.0  # reviews from which nothing follows, that are counted into every mean


@dataclass(frozen=True)
class FeatureTables:
    """Of one feature with ``size`` values. All float32 but the keys.

    ``keys`` int64 [m], rising: user * size + value, of the pairs that occur; ``counts``, ``means`` [m]. ``shares`` of
    all reviews, ``value_means`` [size]. Mean lifts ``user_lifts`` [u + 1], ``item_lifts`` [i + 1].
    """

    keys: np.ndarray
    counts: np.ndarray
    means: np.ndarray
    shares: np.ndarray
    value_means: np.ndarray
    user_lifts: np.ndarray
    item_lifts: np.ndarray


@dataclass(frozen=True)
class Tables:
    """float32; the last row of each table is that of an unknown user or item, which is also what no review gives.

    ``users`` [u + 1, 3], ``items`` [i + 1, 3]: bias, log(1 + reviews), spread; ``user_factors`` [u + 1, k],
    ``item_factors`` [i + 1, k].
    """

    users: np.ndarray
    items: np.ndarray
    user_factors: np.ndarray
    item_factors: np.ndarray
    features: dict[str, FeatureTables]


def tables_of(ratings: Ratings, features: ItemFeatures, factors: int, seed: int) -> Tables:
    """At least one review; ``features`` of its items."""
    found = fit_factors(ratings, factors, seed)
    left = ratings.scores - found.mean - found.user_bias[ratings.users] - found.item_bias[ratings.items]
    return Tables(
        users=_facts(ratings.users, found.user_bias, left),
        items=_facts(ratings.items, found.item_bias, left),
        user_factors=_with_unknown(found.users),
        item_factors=_with_unknown(found.items),
        features={
            name: _of_feature(ratings, codes, features.sizes[name], left) for name, codes in features.codes.items()
        },
    )


def _facts(positions: np.ndarray, biases: np.ndarray, left: np.ndarray) -> np.ndarray:
    counts = np.bincount(positions, minlength=len(biases))
    squares = np.bincount(positions, left**2, minlength=len(biases))
    usual = float(np.mean(left**2))
    spread = np.sqrt((squares + SHRINKAGE * usual) / (counts + SHRINKAGE))
    known = np.column_stack([biases, np.log1p(counts), spread])
    return np.vstack([known, [0.0, 0.0, usual**0.5]]).astype(np.float32)


def _of_feature(ratings: Ratings, codes: np.ndarray, size: int, left: np.ndarray) -> FeatureTables:
    values = codes[ratings.items].astype(np.int64)
    keys, places = np.unique(ratings.users.astype(np.int64) * size + values, return_inverse=True)
    users, items = len(ratings.user_names), len(ratings.item_names)
    counts = np.bincount(places, minlength=len(keys))
    shares = np.bincount(values, minlength=size) / len(ratings)
    others = np.bincount(ratings.users, minlength=users)[ratings.users] - 1
    lifts = np.log1p(counts[places] - 1) - np.log1p(others * shares[values])
    usual = float(lifts.mean())
    return FeatureTables(
        keys=keys,
        counts=counts.astype(np.float32),
        means=_mean(places, left, len(keys)),
        shares=shares.astype(np.float32),
        value_means=_mean(values, left, size),
        user_lifts=np.append(_mean(ratings.users, lifts - usual, users), np.float32(0)),
        item_lifts=np.append(_mean(ratings.items, lifts - usual, items), np.float32(0)),
    )


def _mean(groups: np.ndarray, values: np.ndarray, number: int) -> np.ndarray:
    """Of each group's ``values``, pulled towards zero; float32 [number]."""
    counts = np.bincount(groups, minlength=number)
    return (np.bincount(groups, values, minlength=number) / (counts + SHRINKAGE)).astype(np.float32)


def _with_unknown(table: np.ndarray) -> np.ndarray:
    return np.vstack([table, np.zeros((1, table.shape[1]))]).astype(np.float32)
