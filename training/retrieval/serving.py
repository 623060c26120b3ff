"""The model as it is served: a SavedModel of plain TensorFlow operations, with no need of this code to load it.

    serving_default(username [b])                      -> scores, items [b, k], best first
    recommend(username [b], k, exclude_seen)           -> scores, items [b, k]
    history(history [b, h])                            -> scores, items [b, k]
    recommend_history(history [b, h], k, exclude_seen) -> scores, items [b, k]
    score(username [b])                                -> scores [b, n], in the order of candidates
    candidates()                                       -> items [n]
    known(username [b])                                -> known bool [b]: was the user in the training data?

Names are strings, scores float32, ``k`` int32 and ``exclude_seen`` bool, both scalars. The lists of serving_default and
history are as long as training was told (ReturnRecommendationsNumber), which is also the most that ``k`` may be. A
``history`` holds names of items, in any order; unknown and repeated ones, and "" (which fills shorter rows), count for
nothing. A user who was not in the training data, and an empty history, are served what is popular.

``exclude_seen`` leaves out the items of the history; where fewer than ``k`` are left, the rest of the list is "" with
the lowest score there is. Equal scores stand in the order of candidates.

Vectors are rounded so that their products are exact in float32 (towers.py): a user's scores are the same bits alone or
in any batch, on any machine and with any number of threads, so that what evaluation measures is what a server answers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from dataset.histories import Histories
from retrieval.towers import FLOAT32_BITS, Towers, rounded

LOWEST = float(np.finfo(np.float32).min)  # JSON, which a server answers in, has no infinity
FLOAT64_FRACTION = 52  # bits below the exponent

USERNAME = tf.TensorSpec([None], tf.string, name="username")
HISTORY = tf.TensorSpec([None, None], tf.string, name="history")
K = tf.TensorSpec([], tf.int32, name="k")
EXCLUDE_SEEN = tf.TensorSpec([], tf.bool, name="exclude_seen")


class ServingModel(tf.Module):
    def __init__(
        self, towers: Towers, user_names: np.ndarray, item_names: np.ndarray, histories: Histories, k: int
    ) -> None:
        """``k``: length of the served lists, at most the number of items."""
        super().__init__()
        self.most = min(k, len(item_names))
        self.history_vectors = tf.Variable(rounded(towers.history), trainable=False)
        self.item_vectors = tf.Variable(rounded(towers.items), trainable=False)
        self.bias = tf.Variable(towers.bias, trainable=False)
        self.popularity = tf.Variable(towers.popularity, trainable=False)
        # The last user is the unknown one, with an empty history.
        self.splits = tf.Variable(np.append(histories.splits, histories.splits[-1]), trainable=False)
        self.seen = tf.Variable(histories.items, trainable=False)
        # Of a history's length. Looked up, as the graph's optimizer would make a division by a square root the product
        # with an approximate reciprocal one, whose last bit depends on the batch.
        self.roots = tf.Variable(_roots(len(item_names)), trainable=False)
        self.item_names = tf.Variable(tf.constant(list(item_names)), trainable=False)
        self.user_places = _places(user_names, unknown=len(user_names))
        self.item_places = _places(item_names, unknown=-1)

    @tf.function(input_signature=[USERNAME], autograph=False)
    def serving_default(self, username: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._best(self._history_of(username), self.most, False)

    @tf.function(input_signature=[USERNAME, K, EXCLUDE_SEEN], autograph=False)
    def recommend(self, username: tf.Tensor, k: tf.Tensor, exclude_seen: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._best(self._history_of(username), self._checked(k), exclude_seen)

    @tf.function(input_signature=[HISTORY], autograph=False)
    def history(self, history: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._best(self._given(history), self.most, False)

    @tf.function(input_signature=[HISTORY, K, EXCLUDE_SEEN], autograph=False)
    def recommend_history(self, history: tf.Tensor, k: tf.Tensor, exclude_seen: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._best(self._given(history), self._checked(k), exclude_seen)

    @tf.function(input_signature=[USERNAME], autograph=False)
    def score(self, username: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"scores": self._scores(self._history_of(username))}

    @tf.function(input_signature=[], autograph=False)
    def candidates(self) -> dict[str, tf.Tensor]:
        return {"items": tf.identity(self.item_names)}

    @tf.function(input_signature=[USERNAME], autograph=False)
    def known(self, username: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"known": self.user_places.lookup(username) < tf.size(self.splits) - 2}

    def _history_of(self, username: tf.Tensor) -> tf.RaggedTensor:
        users = self.user_places.lookup(username)
        start, stop = tf.gather(self.splits, users), tf.gather(self.splits, users + 1)
        return tf.ragged.map_flat_values(tf.gather, self.seen, tf.ragged.range(start, stop))

    def _given(self, history: tf.Tensor) -> tf.RaggedTensor:
        """Items known of each row of names, each once."""
        items = tf.sort(self.item_places.lookup(history), axis=1)
        before = tf.pad(items[:, :-1], [[0, 0], [1, 0]], constant_values=-1)
        return tf.ragged.boolean_mask(items, (items >= 0) & (items != before[:, : tf.shape(items)[1]]))

    def _scores(self, histories: tf.RaggedTensor) -> tf.Tensor:
        lengths = histories.row_lengths()
        vectors = tf.gather(self.history_vectors, histories.flat_values)
        sums = tf.math.unsorted_segment_sum(vectors, histories.value_rowids(), histories.nrows())
        queries = _rounded(sums / tf.gather(self.roots, lengths)[:, None])
        scores = tf.matmul(queries, self.item_vectors, transpose_b=True) + self.bias
        empty = tf.where(lengths == 0)

        def with_popularity() -> tf.Tensor:
            popularity = tf.broadcast_to(self.popularity, [tf.shape(empty)[0], tf.size(self.popularity)])
            return tf.tensor_scatter_nd_update(scores, empty, popularity)

        # Scattering copies all scores, so it is done where it is needed.
        return tf.cond(tf.size(empty) > 0, with_popularity, lambda: scores)

    def _best(self, histories: tf.RaggedTensor, k: int | tf.Tensor, exclude_seen: bool | tf.Tensor) -> dict:
        scores = self._scores(histories)
        left_out = tf.where(exclude_seen, tf.size(histories.flat_values), 0)
        rows = tf.cast(histories.value_rowids()[:left_out], tf.int32)
        pairs = tf.stack([rows, histories.flat_values[:left_out]], axis=1)
        scores = tf.tensor_scatter_nd_update(scores, pairs, tf.fill([left_out], LOWEST))
        best, places = tf.math.top_k(scores, k=k)
        return {"scores": best, "items": tf.where(best > LOWEST, tf.gather(self.item_names, places), "")}

    def _checked(self, k: tf.Tensor) -> tf.Tensor:
        message = f"k must be from 1 to {self.most}"
        with tf.control_dependencies(
            [tf.debugging.assert_positive(k, message), tf.debugging.assert_less_equal(k, self.most, message)]
        ):
            return tf.identity(k)


def _places(names: np.ndarray, unknown: int) -> tf.lookup.StaticHashTable:
    numbers = tf.range(len(names), dtype=tf.int32)
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(list(names)), numbers), default_value=unknown
    )


def _roots(most: int) -> np.ndarray:
    """Square roots of 0 to ``most``, but 1 for 0."""
    return np.sqrt(np.maximum(np.arange(most + 1), 1)).astype(np.float32)


def _rounded(vectors: tf.Tensor) -> tf.Tensor:
    """towers.rounded, as an operation of the graph.

    The step must not depend on the batch, as the last bits of a float32 norm or logarithm do: so the norm is a float64,
    and its power of two is taken from its bits.
    """
    length = tf.norm(tf.cast(vectors, tf.float64), axis=1, keepdims=True)
    room = 2.0 ** (FLOAT32_BITS // 2) - 0.5 * vectors.shape[1] ** 0.5
    bits = tf.bitcast(tf.where(length > 0, length, 1.0) / room, tf.int64)
    next_power = tf.bitwise.bitwise_and(bits + (2**FLOAT64_FRACTION - 1), -(2**FLOAT64_FRACTION))
    step = tf.cast(tf.bitcast(next_power, tf.float64), tf.float32)
    return tf.round(vectors / step) * step


def save(model: ServingModel, folder: Path) -> None:
    """Write the SavedModel to ``folder``, whose name must be a number for TensorFlow Serving (01)."""
    names = ("serving_default", "recommend", "history", "recommend_history", "score", "candidates", "known")
    tf.saved_model.save(model, str(folder), signatures={name: getattr(model, name) for name in names})
