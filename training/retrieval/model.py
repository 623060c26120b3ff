"""The learnt part of the model: two towers, trained as a TFRS model.

    item vectors     an embedding of the item's id + embeddings of its features, one pair of tables for either tower
    query tower      sum of the history's vectors / sqrt(their number)
    candidate tower  the item's vector, and a bias that starts at the log of the item's share of the reviews

The vectors start from the closed form (ridge.py), not from noise. Half of each history, drawn anew in every epoch, asks
for the other half. A user's weight is the square root of the targets: long histories count more, but not in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from dataset.item_features import ItemFeatures
from retrieval.softmax_task import HistorySoftmax


@dataclass(frozen=True)
class Start:
    """Where learning starts: history and item tables [n, d], and each item's number of reviews [n]."""

    history: np.ndarray
    items: np.ndarray
    counts: np.ndarray

    @property
    def log_share(self) -> np.ndarray:
        counts = np.maximum(self.counts, 0.5)
        return np.log(counts / counts.sum()).astype(np.float32)


class ItemTable(tf.keras.layers.Layer):
    """Vectors of items: of their own, plus one for each feature's value (these start at zero)."""

    def __init__(self, start: np.ndarray, features: ItemFeatures) -> None:
        super().__init__()
        self.own = self.add_weight(name="own", shape=start.shape, initializer=tf.constant_initializer(start))
        self.codes = {name: tf.constant(codes) for name, codes in features.codes.items()}
        self.of_feature = {
            name: self.add_weight(name=name, shape=[size, start.shape[1]], initializer="zeros")
            for name, size in features.sizes.items()
        }

    def call(self, items: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        """For ``items`` [m], or all: their vectors [m, d], and the part that is their own [m, d]."""
        # Taken as a whole the table has a dense gradient, for which Adam is faster than for one of all its rows.
        own = tf.convert_to_tensor(self.own) if items is None else tf.gather(self.own, items)
        vectors = own
        for name, table in self.of_feature.items():
            codes = self.codes[name] if items is None else tf.gather(self.codes[name], items)
            vectors += tf.gather(table, codes)
        return vectors, own


class RetrievalModel(tfrs.Model):
    """Batches are the tensors of batches.Batch, by name."""

    def __init__(self, start: Start, features: ItemFeatures, l2: float) -> None:
        """``l2``: pull of the items' own vectors towards zero, for each time that they are a target."""
        super().__init__()
        self.history_table = ItemTable(start.history, features)
        self.item_table = ItemTable(start.items, features)
        self.bias = tf.Variable(start.log_share, name="bias")
        self.task = HistorySoftmax()
        self.l2 = l2

    def query(self, asked: tf.Tensor, asked_users: tf.Tensor, users: tf.Tensor) -> tf.Tensor:
        """Queries [users, d] of the items [e] that each asks with; zeros for a user with none."""
        vectors, _ = self.history_table(asked)
        number = tf.math.unsorted_segment_sum(tf.ones_like(vectors[:, :1]), asked_users, users)
        return tf.math.unsorted_segment_sum(vectors, asked_users, users) / tf.sqrt(tf.maximum(number, 1.0))

    def compute_loss(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        users, candidates = inputs["users"], inputs["candidates"]
        hits = tf.scatter_nd(
            tf.stack([inputs["target_users"], inputs["targets"]], axis=1),
            tf.ones_like(inputs["targets"], tf.float32),
            tf.stack([users, tf.size(candidates)]),
        )
        number = tf.reduce_sum(hits, axis=1)
        weights = tf.sqrt(number)
        labels = hits / tf.maximum(number, 1.0)[:, None]
        whole = candidates.shape[0] == self.bias.shape[0]  # as known when the step is traced
        vectors, own = self.item_table(None if whole else candidates)
        loss = self.task(
            self.query(inputs["asked"], inputs["asked_users"], users),
            vectors,
            self.bias if whole else tf.gather(self.bias, candidates),
            labels,
            weights,
            inputs["probability"],
        )
        # each candidate's share of the targets, weighted as they are
        share = tf.linalg.matvec(labels, weights, transpose_a=True) / tf.maximum(tf.reduce_sum(weights), 1e-6)
        _, own_history = self.history_table(None if whole else candidates)
        lengths = tf.reduce_sum(own**2, axis=1) + tf.reduce_sum(own_history**2, axis=1)
        return loss + self.l2 * tf.reduce_sum(share * lengths)

    def tables(self) -> tuple[np.ndarray, np.ndarray]:
        """History and item vectors [n, d] of all items."""
        return self.history_table(None)[0].numpy(), self.item_table(None)[0].numpy()
