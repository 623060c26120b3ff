"""What is asked of a model: the held-out and the seen reviews as positions in its own catalogue."""

from __future__ import annotations

import numpy as np

from dataset.interactions import Interactions
from evaluation.ranks import HeldOut


def ask(items: np.ndarray, train: Interactions, test: Interactions) -> tuple[HeldOut, np.ndarray]:
    """What is asked of a model that knows ``items`` [n], and the train reviews of each of these [n].

    Users and held-out pairs are in the same order whatever the items are, so that two models can be compared.
    """
    place = {name: position for position, name in enumerate(items)}

    def items_of(reviews: Interactions) -> np.ndarray:
        return np.array([place.get(name, -1) for name in reviews.item_names], dtype=np.int64)[reviews.items]

    user = {name: position for position, name in enumerate(test.user_names)}
    train_users = np.array([user.get(name, -1) for name in train.user_names], dtype=np.int64)[train.users]
    train_items = items_of(train)
    counts = np.bincount(train_items[train_items >= 0], minlength=len(items))
    asked = (train_users >= 0) & (train_items >= 0)
    # As one number, in which order they sort. They mostly are in order, which a stable sort notices.
    seen = np.sort(train_users[asked] * len(items) + train_items[asked], kind="stable")
    seen = seen[np.diff(seen, prepend=-1) > 0]
    held_out = np.column_stack([test.users.astype(np.int64), items_of(test)])
    return HeldOut(len(test.user_names), _by_user(held_out), np.column_stack(np.divmod(seen, len(items)))), counts


def _by_user(pairs: np.ndarray) -> np.ndarray:
    return pairs[np.argsort(pairs[:, 0], kind="stable")]
