"""One run of learning the ranking model: network, optimizer and the epochs so far. All that a checkpoint must hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from item_features import ItemFeatures
from ranking_model import DeepCross, RankingModel, scale_of

STEPS = 200  # of an epoch, about: enough for Adam to move, few enough to be quick
PREDICTED = 2**14  # reviews that are predicted at a time


class DivergedError(RuntimeError):
    """The loss is no number any more."""


@dataclass(frozen=True)
class Examples:
    """``users``, ``items`` int32 [n], ``dense`` float32 [n, d]: what is known of a review without its score [n]."""

    users: np.ndarray
    items: np.ndarray
    dense: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def at(self, rows: np.ndarray | slice) -> dict[str, tf.Tensor]:
        return {name: tf.constant(values[rows]) for name, values in vars(self).items()}

    def where(self, rows: np.ndarray) -> Examples:
        return Examples(self.users[rows], self.items[rows], self.dense[rows], self.scores[rows])


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
        tf.keras.utils.set_random_seed(recipe.seed)
        tf.config.experimental.enable_op_determinism()
        self._examples, self._recipe = examples, recipe
        self._size = batch_size(len(examples), recipe.batch_size)
        scale = scale_of(examples.dense, examples.scores)
        self.lowest, self.highest = scale.lowest, scale.highest
        self.network = DeepCross(scale, users, items, features, recipe.dimension)
        self.model = RankingModel(self.network, recipe.l2)
        self.model.compute_loss(examples.at(slice(0, 1)))  # makes all variables
        self.model.optimizer = tf.keras.optimizers.Adam(recipe.learning_rate)
        self.model.optimizer.build(self.model.trainable_variables)
        self.epoch = 0
        self._step = tf.function(self.model.train_step, reduce_retracing=True, autograph=False)
        self._predict = tf.function(self.network.call, reduce_retracing=True, autograph=False)

    def run_epoch(self) -> float:
        """See every example once, in an order of this epoch; returns the mean loss. Raises DivergedError."""
        order = np.random.default_rng([self._recipe.seed, self.epoch]).permutation(len(self._examples))
        losses = [
            self._step(self._examples.at(order[start : start + self._size]))["loss"]
            for start in range(0, len(order), self._size)
        ]
        self.epoch += 1
        loss = float(np.mean([float(loss) for loss in losses]))
        if not np.isfinite(loss):
            raise DivergedError(f"the loss of epoch {self.epoch} is {loss}")
        return loss

    def predict(self, examples: Examples) -> np.ndarray:
        """Scores float32 [n], within the lowest and the highest that were learnt from."""
        blocks = []
        for start in range(0, len(examples), PREDICTED):
            asked = examples.at(slice(start, start + PREDICTED))
            blocks.append(self._predict(asked["users"], asked["items"], asked["dense"]).numpy())
        return np.clip(np.concatenate(blocks), self.lowest, self.highest)

    def learnt(self) -> tuple[np.ndarray, ...]:
        """Every weight of the network."""
        return tuple(self.network.get_weights())

    def use(self, learnt: tuple[np.ndarray, ...]) -> None:
        self.network.set_weights(list(learnt))


def batch_size(examples: int, wanted: int | None) -> int:
    """As ``wanted``, or by their number; at most all."""
    return min(wanted or int(np.clip(2 ** round(np.log2(max(examples / STEPS, 1))), 128, 4096)), examples)
