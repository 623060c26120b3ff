"""The validation slice: reviews of train by which settings and epochs are chosen. The test set is never looked at.

Any model that is to be compared on equal terms is tuned on this same slice.
"""

from __future__ import annotations

import numpy as np
from interactions import Interactions

SHARE = 0.1  # of a validated user's reviews
MOST_USERS = 5_000  # more users tell no more, and only cost time


def split_off(train: Interactions, seed: int) -> tuple[Interactions, Interactions]:
    """``train`` without the validation slice, and the slice; both know all names of ``train``.

    A tenth of the reviews of at most MOST_USERS users, drawn by ``seed``; the same rows for the same data and seed.
    The slice is empty where there are too few reviews to draw from.
    """
    random = np.random.default_rng([seed, 0x7A11DA7E])
    users = len(train.user_names)
    chosen = np.zeros(users, dtype=bool)
    chosen[random.permutation(users)[:MOST_USERS]] = True
    held_out = chosen[train.users] & (random.random(len(train)) < SHARE)
    return train.where(~held_out), train.where(held_out)
