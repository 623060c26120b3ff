"""SavedModels of a few items with the signatures of the trained ones, packed as the jobs pack them."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

LOWEST = tf.float32.min
NAMES = tf.TensorSpec([None], tf.string)


class SmallRetrieval(tf.Module):
    """Serves ``items``, the best first, without those of the history; it knows the users that have one."""

    def __init__(self, items: Sequence[str | bytes], seen: Mapping[str, str | bytes], most: int) -> None:
        super().__init__()
        self.items = tf.Variable(tf.constant(list(items)), trainable=False)
        self.scores = tf.range(len(items), 0, -1, dtype=tf.float32)
        self.most = most
        keys, values = tf.constant(list(seen)), tf.constant(list(seen.values()))
        self.seen = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), "")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "username")])
    def serving_default(self, username):
        return self._best(self.seen.lookup(username)[:, None], self.most, False)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, "username"),
            tf.TensorSpec([], tf.int32, "k"),
            tf.TensorSpec([], tf.bool, "exclude_seen"),
        ]
    )
    def recommend(self, username, k, exclude_seen):
        return self._best(self.seen.lookup(username)[:, None], k, exclude_seen)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None], tf.string, "history"),
            tf.TensorSpec([], tf.int32, "k"),
            tf.TensorSpec([], tf.bool, "exclude_seen"),
        ]
    )
    def recommend_history(self, history, k, exclude_seen):
        return self._best(history, k, exclude_seen)

    @tf.function(input_signature=[])
    def candidates(self):
        return {"items": tf.identity(self.items)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "username")])
    def known(self, username):
        return {"known": self.seen.lookup(username) != ""}

    def _best(self, histories, k, exclude_seen):
        seen = tf.reduce_any(histories[:, :, None] == self.items[None, None, :], axis=1) & exclude_seen
        best, places = tf.math.top_k(tf.where(seen, LOWEST, self.scores[None, :]), k=k)
        return {"scores": best, "items": tf.where(best > LOWEST, tf.gather(self.items, places), "")}


class SmallRanking(tf.Module):
    """Predicts the score that it was told of each item, 1 of others; a known user's is half a point higher."""

    def __init__(self, scores: Mapping[str | bytes, float], users: Sequence[str]) -> None:
        super().__init__()
        keys, values = tf.constant(list(scores)), tf.constant(list(scores.values()), tf.float32)
        self.scores = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), 1.0)
        self.users = tf.constant(list(users))

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, "username"), tf.TensorSpec([None], tf.string, "item")]
    )
    def serving_default(self, username, item):
        return {"score": self.scores.lookup(item) + tf.where(self._knows(username), 0.5, 0.0)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "username")])
    def known(self, username):
        return {"known": self._knows(username)}

    def _knows(self, username):
        return tf.reduce_any(username[:, None] == self.users[None, :], axis=1)


def packed(model: tf.Module, folder: Path, signatures: Sequence[str], features: pa.Table | None = None) -> bytes:
    """model.tar.gz of a model; ``folder`` is a new one to write to."""
    tf.saved_model.save(model, str(folder / "01"), signatures={name: getattr(model, name) for name in signatures})
    if features is not None:
        (folder / "01" / "assets.extra").mkdir(exist_ok=True)
        pq.write_table(features, folder / "01" / "assets.extra" / "items.parquet")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(folder / "01", "01")
    return buffer.getvalue()
