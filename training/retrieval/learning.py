"""One run of learning: a model, its optimizer and the epochs so far. All that a checkpoint must hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dataset.histories import Histories
from dataset.item_features import ItemFeatures
from retrieval.batches import Batch, batch_size, batches
from retrieval.model import RetrievalModel, Start


class DivergedError(RuntimeError):
    """The loss is no number any more."""


@dataclass(frozen=True)
class Recipe:
    """How to learn; ``batch_size`` in users, None to choose by their number."""

    learning_rate: float
    batch_size: int | None
    l2: float
    seed: int


class Learning:
    """``epoch`` counts the epochs done."""

    def __init__(self, histories: Histories, start: Start, features: ItemFeatures, recipe: Recipe) -> None:
        tf.keras.utils.set_random_seed(recipe.seed)
        tf.config.experimental.enable_op_determinism()
        self._histories, self._seed = histories, recipe.seed
        self._size = batch_size(len(histories), recipe.batch_size)
        self.model = RetrievalModel(start, features, recipe.l2)
        self.model.optimizer = tf.keras.optimizers.Adam(recipe.learning_rate)
        self.model.optimizer.build(self.model.trainable_variables)
        self.epoch = 0
        # Batches differ in length, and are traced once; there is no control flow for AutoGraph to rewrite.
        self._step = tf.function(self.model.train_step, reduce_retracing=True, autograph=False)

    def run_epoch(self) -> float:
        """See every history once; returns the mean loss. Raises DivergedError."""
        losses = [
            float(self._step(_tensors(batch))["loss"])
            for batch in batches(self._histories, self._size, self._seed, self.epoch)
        ]
        self.epoch += 1
        loss = float(np.mean(losses))
        if not np.isfinite(loss):
            raise DivergedError(f"the loss of epoch {self.epoch} is {loss}")
        return loss

    def learnt(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """History vectors [n, d], item vectors [n, d] and item biases [n]."""
        return (*self.model.tables(), self.model.bias.numpy())


def _tensors(batch: Batch) -> dict[str, tf.Tensor]:
    return {name: tf.constant(value) for name, value in vars(batch).items()}
