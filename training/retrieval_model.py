"""Two towers of ids, learnt with TensorFlow Recommenders' retrieval task.

    score(user, item) = <user vector, item vector> + bias of the item

The task's softmax runs over the items of a batch. Popular items are in more batches, so every score is corrected by
the log of the item's share of the reviews (logQ), and other rows of the same item are no negatives. With the bias
starting at that same log share, a model that has learnt nothing ranks by popularity; training moves it from there.

A user who is not in the training data has the zero vector, so is served by the bias: popularity as the model sees it.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs
from towers import Towers

NEGATIVES = 1024  # reviews that are each other's negatives; a larger batch is cut into groups, as costs are quadratic


class RetrievalModel(tfrs.Model):
    """Batches are {"user": int32 [b], "item": int32 [b]}: positions, not names."""

    def __init__(self, users: int, item_counts: np.ndarray, dimension: int, l2: float, seed: int) -> None:
        """``item_counts``: reviews of each item, all above 0. ``l2``: pull of every vector towards zero."""
        super().__init__()
        share = (item_counts / item_counts.sum()).astype(np.float32)
        self.user_tower = tf.keras.layers.Embedding(users, dimension, embeddings_initializer=_small(dimension, seed))
        self.item_tower = tf.keras.layers.Embedding(
            len(share), dimension, embeddings_initializer=_small(dimension, seed + 1)
        )
        self.item_bias = tf.keras.layers.Embedding(
            len(share), 1, embeddings_initializer=tf.keras.initializers.Constant(np.log(share)[:, None])
        )
        self.share = tf.constant(share)
        self.l2 = l2
        self.mean_loss = tf.keras.metrics.Mean(name="mean_loss")  # per review, over the epoch
        self.task = tfrs.tasks.Retrieval(remove_accidental_hits=True)

    def compute_loss(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Sum of the losses of a batch's rows."""
        groups = max(1, -(-inputs["user"].shape[0] // NEGATIVES))
        users, items = tf.split(inputs["user"], groups), tf.split(inputs["item"], groups)
        loss = tf.add_n([self.group_loss(user, item) for user, item in zip(users, items, strict=True)])
        self.mean_loss.update_state(loss / inputs["user"].shape[0])
        return loss

    def group_loss(self, user_ids: tf.Tensor, item_ids: tf.Tensor) -> tf.Tensor:
        """Sum of the losses of rows [g] that are each other's negatives."""
        user, item = self.user_tower(user_ids), self.item_tower(item_ids)
        loss = self.task(
            tf.concat([user, tf.ones_like(user[:, :1])], axis=1),
            tf.concat([item, self.item_bias(item_ids)], axis=1),
            candidate_sampling_probability=tf.gather(self.share, item_ids),
            candidate_ids=item_ids,
            compute_metrics=False,
            compute_batch_metrics=False,
        )
        return loss + self.l2 * (tf.reduce_sum(user**2) + tf.reduce_sum(item**2))

    def towers(self) -> Towers:
        (users,), (items,), (bias,) = (
            layer.get_weights() for layer in (self.user_tower, self.item_tower, self.item_bias)
        )
        return Towers(users, items, bias[:, 0])


def _small(dimension: int, seed: int) -> tf.keras.initializers.Initializer:
    """Random vectors about 0.1 long: next to nothing beside the bias, enough to start learning from."""
    return tf.keras.initializers.RandomNormal(stddev=0.1 / dimension**0.5, seed=seed)
