"""The ranking model as it is served: a SavedModel of plain TensorFlow operations, with no need of this code to load it.

    serving_default(username [b], item [b]) -> score [b]
    known(username [b])                     -> known [b]

Names are strings, scores float32 between the lowest and the highest score of the reviews; ``known`` is bool: whether
the user has reviews in train. An unknown user is scored by the item, an unknown item by the user.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from ranking.inputs import RankingInputs
from ranking.model import DeepCross

USERNAME = tf.TensorSpec([None], tf.string, name="username")
ITEM = tf.TensorSpec([None], tf.string, name="item")


class RankingServingModel(tf.Module):
    def __init__(
        self, network: DeepCross, inputs: RankingInputs, user_names: np.ndarray, item_names: np.ndarray
    ) -> None:
        super().__init__()
        self.network, self.inputs = network, inputs
        self.number_of_users = len(user_names)
        self.user_places, self.item_places = _places(user_names), _places(item_names)

    @tf.function(input_signature=[USERNAME, ITEM], autograph=False)
    def serving_default(self, username: tf.Tensor, item: tf.Tensor) -> dict[str, tf.Tensor]:
        users, items = self.user_places.lookup(username), self.item_places.lookup(item)
        return {"score": self.network.score(users, items, self.inputs(users, items))}

    @tf.function(input_signature=[USERNAME], autograph=False)
    def known(self, username: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"known": self.user_places.lookup(username) < self.number_of_users}


def save(model: RankingServingModel, folder: Path) -> None:
    """Write the SavedModel to ``folder``, whose name must be a number for TensorFlow Serving (01)."""
    signatures = {name: getattr(model, name) for name in ("serving_default", "known")}
    tf.saved_model.save(model, str(folder), signatures=signatures)


def _places(names: np.ndarray) -> tf.lookup.StaticHashTable:
    """Position of each name, their number for any other."""
    numbers = tf.range(len(names), dtype=tf.int32)
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(list(names)), numbers), default_value=len(names)
    )
