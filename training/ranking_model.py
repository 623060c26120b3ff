"""The ranking model: a deep and cross network, trained as a TFRS model, that predicts a score.

    x       dense inputs (ranking_inputs.py), standardised | vectors of the user, the item and its features
    cross   layers x' = x0 * (W x' + b) + x': products of inputs (R. Wang et al., DCN V2, WWW 2021)
    deep    dense layers
    score   mean score + a linear layer over cross and deep, which starts at zero

So an untrained network predicts the mean score: whatever is better than that has been learnt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs
from item_features import ItemFeatures

FEATURE_DIMENSION = 4  # of a feature's vectors
CROSS_LAYERS = 2
DEEP = (64, 32)


@dataclass(frozen=True)
class Scale:
    """``means``, ``spreads`` [d] of the dense inputs; mean, lowest and highest score of the reviews learnt from."""

    means: np.ndarray
    spreads: np.ndarray
    mean: float
    lowest: float
    highest: float


def scale_of(dense: np.ndarray, scores: np.ndarray) -> Scale:
    spreads = dense.std(axis=0)
    return Scale(
        dense.mean(axis=0),
        np.where(spreads > 1e-6, spreads, 1.0).astype(np.float32),
        float(scores.mean()),
        float(scores.min()),
        float(scores.max()),
    )


class DeepCross(tf.keras.layers.Layer):
    """Users and items are positions; the one after the last is an unknown one."""

    def __init__(self, scale: Scale, users: int, items: int, features: ItemFeatures, dimension: int) -> None:
        super().__init__()
        self.scale = scale
        self.user_vectors = self._vectors("user_vectors", users + 1, dimension)
        self.item_vectors = self._vectors("item_vectors", items + 1, dimension)
        self.codes = {name: tf.constant(np.append(codes, 0), tf.int32) for name, codes in features.codes.items()}
        self.feature_vectors = {
            name: self._vectors(name, size, FEATURE_DIMENSION) for name, size in features.sizes.items()
        }
        self.cross = [tfrs.layers.dcn.Cross() for _ in range(CROSS_LAYERS)]
        self.deep = [tf.keras.layers.Dense(width, activation="relu") for width in DEEP]
        self.last = tf.keras.layers.Dense(1, kernel_initializer="zeros")

    def call(self, users: tf.Tensor, items: tf.Tensor, dense: tf.Tensor) -> tf.Tensor:
        """Scores float32 [b], not yet within the lowest and the highest, of positions [b] and their inputs [b, d]."""
        x0 = tf.concat([(dense - self.scale.means) / self.scale.spreads, *self.vectors(users, items)], axis=1)
        crossed, deep = x0, x0
        for layer in self.cross:
            crossed = layer(x0, crossed)
        for layer in self.deep:
            deep = layer(deep)
        return self.scale.mean + self.last(tf.concat([crossed, deep], axis=1))[:, 0]

    def vectors(self, users: tf.Tensor, items: tf.Tensor) -> list[tf.Tensor]:
        of_features = [
            tf.gather(table, tf.gather(self.codes[name], items)) for name, table in self.feature_vectors.items()
        ]
        return [tf.gather(self.user_vectors, users), tf.gather(self.item_vectors, items), *of_features]

    def _vectors(self, name: str, number: int, dimension: int) -> tf.Variable:
        return self.add_weight(
            name=name, shape=[number, dimension], initializer=tf.keras.initializers.RandomNormal(stddev=0.05)
        )


class RankingModel(tfrs.Model):
    """Batches: ``users``, ``items`` int32 [b], ``dense`` float32 [b, d], ``scores`` float32 [b]."""

    def __init__(self, network: DeepCross, l2: float) -> None:
        """``l2``: pull of the vectors of users, items and features towards zero, for each time that they are used."""
        super().__init__()
        self.network, self.l2 = network, l2
        self.task = tfrs.tasks.Ranking(loss=tf.keras.losses.MeanSquaredError())

    def compute_loss(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        users, items = inputs["users"], inputs["items"]
        predicted = self.network(users, items, inputs["dense"])
        loss = self.task(labels=inputs["scores"], predictions=predicted, compute_metrics=False)
        lengths = sum(
            tf.reduce_mean(tf.reduce_sum(vectors**2, axis=1)) for vectors in self.network.vectors(users, items)
        )
        return loss + self.l2 * lengths
