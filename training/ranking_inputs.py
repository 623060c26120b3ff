"""The network's dense inputs, looked up in tables (rating_tables.py): the same operations in training and when served.

of user and item   bias, log(1 + reviews), spread of each; sum of the biases; product of their factors
of each feature    the value's mean; the user's mean for it; log of how often the user reviews it, and of how much
                   more often than everybody
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from item_features import ItemFeatures
from rating_tables import Pairs, Tables

BLOCK = 2**17  # reviews that are looked up at a time


class RankingInputs(tf.Module):
    def __init__(self, tables: Tables, features: ItemFeatures) -> None:
        super().__init__()
        self.users, self.items = _constant(tables.users), _constant(tables.items)
        self.user_factors, self.item_factors = _constant(tables.user_factors), _constant(tables.item_factors)
        self.of_features = [
            _FeatureInputs(tables.pairs[name], codes, features.sizes[name]) for name, codes in features.codes.items()
        ]

    def __call__(self, users: tf.Tensor, items: tf.Tensor) -> tf.Tensor:
        """float32 [b, d] for positions int32 [b], which are the number of users or items for unknown ones."""
        of_user, of_item = tf.gather(self.users, users), tf.gather(self.items, items)
        product = tf.reduce_sum(tf.gather(self.user_factors, users) * tf.gather(self.item_factors, items), axis=1)
        columns = [of_user, of_item, (of_user[:, 0] + of_item[:, 0])[:, None], product[:, None]]
        for feature in self.of_features:
            columns.append(feature(users, items, of_user[:, 1]))
        return tf.concat(columns, axis=1)


class _FeatureInputs(tf.Module):
    def __init__(self, pairs: Pairs, codes: np.ndarray, size: int) -> None:
        super().__init__()
        self.size = size
        self.codes = _constant(np.append(codes, 0).astype(np.int32))  # of an unknown item nothing is known
        # The last key is no user's, so that there is one at or after any key that is looked for.
        self.keys = _constant(np.append(pairs.keys, np.iinfo(np.int64).max))
        self.counts, self.means = (
            _constant(np.append(values, np.float32(0))) for values in (pairs.counts, pairs.means)
        )
        self.shares, self.value_means = _constant(pairs.shares), _constant(pairs.value_means)

    def __call__(self, users: tf.Tensor, items: tf.Tensor, log_reviews: tf.Tensor) -> tf.Tensor:
        codes = tf.gather(self.codes, items)
        keys = tf.cast(users, tf.int64) * self.size + tf.cast(codes, tf.int64)
        places = tf.searchsorted(self.keys, keys)
        found = tf.cast(tf.gather(self.keys, places) == keys, tf.float32)
        counts = found * tf.gather(self.counts, places)
        expected = (tf.exp(log_reviews) - 1) * tf.gather(self.shares, codes)
        return tf.stack(
            [
                tf.gather(self.value_means, codes),
                found * tf.gather(self.means, places),
                tf.math.log1p(counts),
                tf.math.log1p(counts) - tf.math.log1p(expected),
            ],
            axis=1,
        )


def in_blocks(inputs: RankingInputs, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """float32 [n, d]"""
    blocks = [
        inputs(tf.constant(users[start : start + BLOCK]), tf.constant(items[start : start + BLOCK])).numpy()
        for start in range(0, len(users), BLOCK)
    ]
    return np.concatenate(blocks)


def _constant(values: np.ndarray) -> tf.Variable:
    return tf.Variable(values, trainable=False)
