"""One run of learning the ranking model: network, optimizer and the epochs so far. All that a checkpoint must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dataset.item_features import ItemFeatures
from ranking.examples import Examples
from ranking.model import RankingModel, deep_cross

STEPS = 160  # of an epoch, about: enough for Adam to move, few enough to be quick
PREDICTED = 2**14  # reviews that are predicted at a time


class DivergedError(RuntimeError):
    """The loss or a weight is no number any more."""


@dataclass(frozen=True)
class Recipe:
    """How to learn; ``batch_size`` in reviews, None to choose by their number; ``dimension`` of vectors of ids."""

    learning_rate: float
    batch_size: int | None
    dimension: int
    l2: float
    seed: int


class RankingLearning:
    """``epoch`` counts the epochs done."""

    def __init__(self, examples: Examples, users: int, items: int, features: ItemFeatures, recipe: Recipe) -> None:
        """``users``, ``items``: how many are known; examples may also be of the unknown one after the last."""
        tf.keras.utils.set_random_seed(recipe.seed)
        tf.config.experimental.enable_op_determinism()
        self._examples, self._seed = examples, recipe.seed
        self._size = batch_size(len(examples), recipe.batch_size)
        self.network = deep_cross(examples, users, items, features, recipe.dimension, recipe.l2)
        self.model = RankingModel(self.network)
        self.model.optimizer = tf.keras.optimizers.Adam(recipe.learning_rate)
        self.model.optimizer.build(self.model.trainable_variables)
        self.epoch = 0
        self._step = tf.function(self.model.train_step, reduce_retracing=True, autograph=False)
        self._score = tf.function(self.network.score, reduce_retracing=True, autograph=False)

    def run_epoch(self) -> float:
        """See every example once, in an order of this epoch; returns the mean loss. Raises DivergedError."""
        order = np.random.default_rng([self._seed, self.epoch]).permutation(len(self._examples))
        losses = [
            self._step(_tensors(self._examples.batch(order[start : start + self._size])))["loss"]
            for start in range(0, len(order), self._size)
        ]
        self.epoch += 1
        loss = float(np.mean([float(loss) for loss in losses]))
        if not np.isfinite(loss):
            raise DivergedError(f"the loss of epoch {self.epoch} is {loss}")
        if not all(np.isfinite(weight).all() for weight in self.learnt()):
            raise DivergedError(f"after epoch {self.epoch} the weights are no numbers")
        return loss

    def error(self, examples: Examples) -> float:
        """Root of the mean squared error of the averaged network."""
        learning = self.network.get_weights()
        self.use(self.learnt())
        squares = sum(float(np.sum(error**2)) for error in self._errors(examples))
        self.network.set_weights(learning)
        return (squares / len(examples)) ** 0.5

    def learnt(self) -> tuple[np.ndarray, ...]:
        """Every weight of the averaged network."""
        return tuple(average.numpy() for average in self.model.averages)

    def use(self, learnt: tuple[np.ndarray, ...]) -> None:
        """Give the network these weights."""
        for weight, value in zip(self.network.trainable_variables, learnt, strict=True):
            weight.assign(value)

    def _errors(self, examples: Examples) -> Iterator[np.ndarray]:
        for start in range(0, len(examples), PREDICTED):
            asked = _tensors(examples.batch(slice(start, start + PREDICTED)))
            scores = self._score(asked["users"], asked["items"], asked["dense"]).numpy()
            yield scores.astype(np.float64) - examples.scores[start : start + PREDICTED]


def batch_size(examples: int, wanted: int | None) -> int:
    """As ``wanted``, or by their number; at most all."""
    return min(wanted or int(np.clip(2 ** round(np.log2(max(examples / STEPS, 1))), 128, 4096)), examples)


def _tensors(batch: dict[str, np.ndarray]) -> dict[str, tf.Tensor]:
    return {name: tf.constant(values) for name, values in batch.items()}
