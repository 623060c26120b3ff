"""The network's dense inputs, looked up in tables (tables.py): the same operations in training and when served.

of user and item   bias, log(1 + reviews) and spread of each; the sum of the biases; the product of the factors
of each feature    the value's mean; the user's mean of it; log of the user's reviews of it, their lift, and the mean
                   lifts of the user's and of the item's reviews
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dataset.item_features import ItemFeatures
from ranking.tables import FeatureTables, Tables

BLOCK = 2**17  # reviews that are looked up at a time
NO_KEY = np.iinfo(np.int64).max  # stands last, so that there is a key at or after any that is looked for


class RankingInputs(tf.Module):
    def __init__(self, tables: Tables, features: ItemFeatures) -> None:
        super().__init__()
        self.users, self.items = _kept(tables.users), _kept(tables.items)
        self.user_factors, self.item_factors = _kept(tables.user_factors), _kept(tables.item_factors)
        self.of_features = [
            _FeatureInputs(tables.features[name], codes, features.sizes[name]) for name, codes in features.codes.items()
        ]

    def __call__(self, users: tf.Tensor, items: tf.Tensor) -> tf.Tensor:
        """float32 [b, d] for positions int32 [b]; the number of users or items is the position of an unknown one."""
        of_user, of_item = tf.gather(self.users, users), tf.gather(self.items, items)
        product = tf.reduce_sum(tf.gather(self.user_factors, users) * tf.gather(self.item_factors, items), axis=1)
        columns = [of_user, of_item, of_user[:, :1] + of_item[:, :1], product[:, None]]
        reviews = tf.math.expm1(of_user[:, 1])
        return tf.concat(columns + [feature(users, items, reviews) for feature in self.of_features], axis=1)


class _FeatureInputs(tf.Module):
    def __init__(self, tables: FeatureTables, codes: np.ndarray, size: int) -> None:
        super().__init__()
        self.size = size
        self.codes = _kept(np.append(codes, 0).astype(np.int32))  # 0: not known
        self.keys = _kept(np.append(tables.keys, NO_KEY))
        self.counts, self.means = _kept(np.append(tables.counts, 0)), _kept(np.append(tables.means, 0))
        self.shares, self.value_means = _kept(tables.shares), _kept(tables.value_means)
        self.user_lifts, self.item_lifts = _kept(tables.user_lifts), _kept(tables.item_lifts)

    def __call__(self, users: tf.Tensor, items: tf.Tensor, reviews: tf.Tensor) -> tf.Tensor:
        """float32 [b, 6]; ``reviews`` [b] of each user."""
        codes = tf.gather(self.codes, items)
        keys = tf.cast(users, tf.int64) * self.size + tf.cast(codes, tf.int64)
        places = tf.searchsorted(self.keys, keys)
        found = tf.cast(tf.gather(self.keys, places) == keys, tf.float32)
        counted = tf.math.log1p(found * tf.gather(self.counts, places))
        columns = [
            tf.gather(self.value_means, codes),
            found * tf.gather(self.means, places),
            counted,
            counted - tf.math.log1p(reviews * tf.gather(self.shares, codes)),
            tf.gather(self.user_lifts, users),
            tf.gather(self.item_lifts, items),
        ]
        return tf.stack(columns, axis=1)


def in_blocks(inputs: RankingInputs, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """float32 [n, d]"""
    blocks = [
        inputs(tf.constant(users[start : start + BLOCK]), tf.constant(items[start : start + BLOCK])).numpy()
        for start in range(0, max(len(users), 1), BLOCK)  # none make one block, which has the right width
    ]
    return np.concatenate(blocks)


def _kept(values: np.ndarray) -> tf.Variable:
    return tf.Variable(values if values.dtype != np.float64 else values.astype(np.float32), trainable=False)
