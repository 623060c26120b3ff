"""The model as it is served: a SavedModel of plain TensorFlow operations, with no need of this code to load it.

    serving_default(username: string [b]) -> scores float32 [b, k], items string [b, k], best first
    score(username: string [b])           -> scores float32 [b, n], in the order of candidates
    candidates()                          -> items string [n]

Equal scores stand in the order of candidates. Vectors are rounded to a grid on which their product is exact in
float32: a user's scores are then the same bits alone or in any batch, on any machine and with any number of threads,
so that what evaluation measures is exactly what a server answers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from towers import Towers, on_grid


class ServingModel(tf.Module):
    def __init__(self, towers: Towers, user_names: np.ndarray, item_names: np.ndarray, k: int) -> None:
        """``k``: length of the served lists, at most the number of items."""
        super().__init__()
        self.k = min(k, len(item_names))
        (users, user_step), (items, item_step) = on_grid(towers.users), on_grid(towers.items)
        # The last user is the unknown one: zeros, so that the bias alone decides.
        self.users = tf.Variable(np.vstack([users, np.zeros_like(users[:1])]), trainable=False)
        self.items = tf.Variable(items, trainable=False)
        self.bias = tf.Variable(towers.bias, trainable=False)
        self.step = tf.constant(user_step * item_step, tf.float32)
        self.item_names = tf.Variable(tf.constant(list(item_names)), trainable=False)
        names = tf.constant(list(user_names))
        self.positions = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(names, tf.range(len(user_names))), default_value=len(user_names)
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="username")])
    def score(self, username: tf.Tensor) -> dict[str, tf.Tensor]:
        vectors = tf.gather(self.users, self.positions.lookup(username))
        return {"scores": tf.matmul(vectors, self.items, transpose_b=True) * self.step + self.bias}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="username")])
    def recommend(self, username: tf.Tensor) -> dict[str, tf.Tensor]:
        scores, places = tf.math.top_k(self.score(username)["scores"], k=self.k)
        return {"scores": scores, "items": tf.gather(self.item_names, places)}

    @tf.function(input_signature=[])
    def candidates(self) -> dict[str, tf.Tensor]:
        return {"items": tf.identity(self.item_names)}


def save(model: ServingModel, folder: Path) -> None:
    """Write the SavedModel to ``folder``, whose name must be a number for TensorFlow Serving (01)."""
    tf.saved_model.save(
        model,
        str(folder),
        signatures={"serving_default": model.recommend, "score": model.score, "candidates": model.candidates},
    )
