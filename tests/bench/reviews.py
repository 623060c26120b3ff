"""Small sets of reviews for the tests of bench/."""

from __future__ import annotations

import numpy as np

from bench.training_room import Interactions


def interactions(pairs: list[tuple[int, int]], users: int, items: int) -> Interactions:
    """Users u0, u1, ... and items i0, i1, ...; unlike those that are read, items need not be in order of popularity."""
    array = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    names = [
        np.array([f"{letter}{n:03}" for n in range(size)], dtype=object)
        for letter, size in (("u", users), ("i", items))
    ]
    return Interactions(array[:, 0], array[:, 1], *names)


def drawn(users: int, items: int, share: float, seed: int) -> Interactions:
    """Each pair with probability ``share``."""
    return interactions(np.argwhere(np.random.default_rng(seed).random((users, items)) < share).tolist(), users, items)
