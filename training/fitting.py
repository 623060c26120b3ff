"""Fits the retrieval model to reviews: the one place that knows optimizer, batches and progress lines."""

from __future__ import annotations

import argparse
import time

import tensorflow as tf
from interactions import Interactions
from retrieval_model import NEGATIVES, RetrievalModel
from towers import Towers


def fit(train: Interactions, options: argparse.Namespace) -> Towers:
    """Options: epochs, learning_rate, batch_size, embedding_dimension, l2, seed."""
    tf.keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    model = RetrievalModel(
        len(train.user_names), train.item_counts, options.embedding_dimension, options.l2, options.seed
    )
    # XLA fuses the batch's square matrix of scores, which is most of the work, into few passes over memory.
    model.compile(optimizer=tf.keras.optimizers.Adagrad(options.learning_rate), jit_compile=True)
    batch = batch_size(options.batch_size, len(train))
    model.fit(
        batches(train, batch, options.seed),
        epochs=options.epochs,
        steps_per_epoch=len(train) // batch,
        verbose=0,
        callbacks=[Progress(options.epochs)],
    )
    return model.towers()


def batch_size(wanted: int, reviews: int) -> int:
    """At most ``wanted`` and ``reviews``, and made of equal groups of at most NEGATIVES."""
    most = min(wanted, reviews)
    groups = -(-most // NEGATIVES)
    return most // groups * groups


def batches(train: Interactions, size: int, seed: int) -> tf.data.Dataset:
    """Batches without end, len(train) // size of them per epoch, in an order that is new in each epoch.

    An epoch's incomplete last batch is left out (it would have fewer negatives, and be compiled on its own); which
    reviews those are differs from epoch to epoch.
    """
    steps = len(train) // size
    users, items = tf.constant(train.users), tf.constant(train.items)

    def epoch_rows(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(train)), seed=[seed, epoch])
        return tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * size], [steps, size]))

    def reviews(rows: tf.Tensor) -> dict[str, tf.Tensor]:
        rows.set_shape([size])
        return {"user": tf.gather(users, rows), "item": tf.gather(items, rows)}

    return tf.data.Dataset.counter().flat_map(epoch_rows).map(reviews).prefetch(2)


class Progress(tf.keras.callbacks.Callback):
    """Prints one line per epoch."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        loss = (logs or {})["mean_loss"]
        seconds = time.perf_counter() - self.started
        print(f"epoch={epoch + 1} of={self.epochs} loss={loss:.4f} seconds={seconds:.1f}", flush=True)
