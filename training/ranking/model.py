"""The ranking model: a deep and cross network, trained as a TFRS model, that predicts a score.

    x        dense inputs (inputs.py), standardised | vectors of the user, the item and its features
    cross    layers x' = x * (W x' + b) + x': products of inputs (R. Wang et al., DCN V2, WWW 2021)
    deep     dense layers
    score    mean score + spread of the scores x a linear layer over cross and deep, which starts at zero

So an untrained network predicts the mean score, and whatever is better than that has been learnt.

A vector is pulled towards zero once and not once per review, so that a user or an item with few reviews hardly has one
of its own (as in ridge regression, and unlike weight decay at each use).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from dataset.item_features import ItemFeatures
from ranking.examples import Examples

FEATURE_DIMENSION = 4  # of a feature's vectors
CROSS_LAYERS = 2
DEEP = (32, 16)
FIRST_SPREAD = 0.01  # of vectors
FARTHEST = 5.0  # spreads from the mean that an input may be
MOMENTUM = 0.99  # of the moving average, in steps
WARM_UP = 10.0  # steps


@dataclass(frozen=True)
class Scale:
    """``means``, ``spreads`` [d] of the dense inputs; mean, spread, lowest and highest of the scores learnt from."""

    means: np.ndarray
    spreads: np.ndarray
    mean: float
    spread: float
    lowest: float
    highest: float


def scale_of(dense: np.ndarray, scores: np.ndarray) -> Scale:
    """Of inputs [n, d] and scores [n]; what is always the same has a spread of 1."""
    spreads = dense.std(axis=0, dtype=np.float64)
    return Scale(
        means=dense.mean(axis=0, dtype=np.float64).astype(np.float32),
        spreads=np.where(spreads > 1e-6, spreads, 1.0).astype(np.float32),
        mean=float(scores.mean(dtype=np.float64)),
        spread=float(scores.std(dtype=np.float64)) or 1.0,
        lowest=float(scores.min()),
        highest=float(scores.max()),
    )


class Vectors(tf.keras.layers.Layer):
    """A table of learnt vectors, of which each is pulled towards zero by ``l2`` for all of its ``counts`` [n] uses."""

    def __init__(self, counts: np.ndarray, dimension: int, l2: float) -> None:
        super().__init__()
        first = tf.keras.initializers.RandomNormal(stddev=FIRST_SPREAD)
        self.table = self.add_weight(name="table", shape=[len(counts), dimension], initializer=first)
        self.pull = tf.constant(l2 / np.maximum(counts, 1), tf.float32)

    def call(self, positions: tf.Tensor, training: bool = False) -> tf.Tensor:
        """[b, dimension] for int32 [b]"""
        vectors = tf.gather(self.table, positions)
        if training:
            self.add_loss(tf.reduce_mean(tf.gather(self.pull, positions) * tf.reduce_sum(vectors**2, axis=1)))
        return vectors


class DeepCross(tf.keras.layers.Layer):
    """Users and items are positions; the one after the last is an unknown one."""

    def __init__(self, scale: Scale, users: Vectors, items: Vectors, features: list[FeatureVectors]) -> None:
        super().__init__()
        self.scale, self.users, self.items, self.features = scale, users, items, features
        self.cross = [tfrs.layers.dcn.Cross() for _ in range(CROSS_LAYERS)]
        self.deep = [tf.keras.layers.Dense(width, activation="relu") for width in DEEP]
        self.last = tf.keras.layers.Dense(1, kernel_initializer="zeros")

    def call(self, users: tf.Tensor, items: tf.Tensor, dense: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Standard scores float32 [b], of positions int32 [b] and their inputs [b, d]."""
        standard = tf.clip_by_value((dense - self.scale.means) / self.scale.spreads, -FARTHEST, FARTHEST)
        vectors = [self.users(users, training=training), self.items(items, training=training)]
        vectors += [feature(items, training=training) for feature in self.features]
        x = tf.concat([standard, *vectors], axis=1)
        crossed = deep = x
        for layer in self.cross:
            crossed = layer(x, crossed)
        for layer in self.deep:
            deep = layer(deep)
        return self.last(tf.concat([crossed, deep], axis=1))[:, 0]

    def score(self, users: tf.Tensor, items: tf.Tensor, dense: tf.Tensor) -> tf.Tensor:
        """Scores [b], between the lowest and the highest that were learnt from."""
        scores = self.scale.mean + self.scale.spread * self(users, items, dense)
        return tf.clip_by_value(scores, self.scale.lowest, self.scale.highest)


class FeatureVectors(tf.keras.layers.Layer):
    """Vectors of a feature's values, asked for by the item."""

    def __init__(self, codes: np.ndarray, vectors: Vectors) -> None:
        """``codes`` [i + 1]: each item's value."""
        super().__init__()
        self.codes, self.vectors = tf.constant(codes, tf.int32), vectors

    def call(self, items: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.vectors(tf.gather(self.codes, items), training=training)


def deep_cross(
    examples: Examples, users: int, items: int, features: ItemFeatures, dimension: int, l2: float
) -> DeepCross:
    """A network, with all of its weights, for ``examples`` of ``users`` known users and ``items`` known items."""
    of_features = []
    for name, codes in features.codes.items():
        of_item = np.append(codes, 0)  # 0: not known
        counts = np.bincount(of_item[examples.items], minlength=features.sizes[name])
        of_features.append(FeatureVectors(of_item, Vectors(counts, FEATURE_DIMENSION, l2)))
    network = DeepCross(
        scale_of(examples.dense, examples.scores),
        Vectors(np.bincount(examples.users, minlength=users + 1), dimension, l2),
        Vectors(np.bincount(examples.items, minlength=items + 1), dimension, l2),
        of_features,
    )
    network(examples.users[:1], examples.items[:1], examples.dense[:1])
    return network


class RankingModel(tfrs.Model):
    """Batches: ``users``, ``items`` int32 [b], ``dense`` float32 [b, d], ``scores`` float32 [b].

    ``averages``: of each weight over the last steps (B. Polyak and A. Juditsky, 1992), which predict better.
    """

    def __init__(self, network: DeepCross) -> None:
        """``network`` has all of its weights."""
        super().__init__()
        self.network = network
        self.task = tfrs.tasks.Ranking(loss=tf.keras.losses.MeanSquaredError())
        self.averages = [tf.Variable(weight, trainable=False) for weight in network.trainable_variables]

    def compute_loss(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Mean squared error in units of the scores' variance; the pull of the vectors is among ``losses``."""
        scale = self.network.scale
        predicted = self.network(inputs["users"], inputs["items"], inputs["dense"], training=training)
        return self.task(labels=(inputs["scores"] - scale.mean) / scale.spread, predictions=predicted)

    def train_step(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        told = super().train_step(inputs)
        step = tf.cast(self.optimizer.iterations, tf.float32)
        momentum = tf.minimum(MOMENTUM, step / (WARM_UP + step))
        for average, weight in zip(self.averages, self.network.trainable_variables, strict=True):
            average.assign(momentum * average + (1 - momentum) * weight)
        return told
