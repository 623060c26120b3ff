"""Exact rankings in blocks of users: what each user's best items are and which of them were held out.

Memory is bounded by the size of a block (users x items), and a user's result does not depend on the block.
Equal scores are ranked in the order of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scorers import Scorer

BLOCK_CELLS = 8_000_000  # users x items that are ranked at a time; some 100 MB in all


@dataclass(frozen=True)
class HeldOut:
    """What is asked: for each user with held-out reviews [u], items held out and seen in train.

    Pairs are positions (user, item), sorted by user; an item of -1 is not in the catalogue and can never be found.
    """

    users: np.ndarray  # names [u]
    held_out: np.ndarray  # int [h, 2]
    seen: np.ndarray  # int [s, 2]


@dataclass(frozen=True)
class Rankings:
    """Answers for the users [u] of HeldOut."""

    found: np.ndarray  # int32 [u]: held-out items among the best k, seen items ranked too
    hits: np.ndarray  # bool [u, depth]: whether the n-th best unseen item was held out
    first: np.ndarray  # int64 [u]: place (from 1) of the best held-out item among unseen ones; 0 if none is known
    shown: np.ndarray  # int32 [u, shown]: the best unseen items; -1 where a user has seen all others


def rank(scorer: Scorer, asked: HeldOut, k: int, depth: int, shown: int, block_cells: int = BLOCK_CELLS) -> Rankings:
    """``k`` and ``depth``: how many of the best count for ``found`` and ``hits`` (at most the catalogue)."""
    users, catalogue = len(asked.users), len(scorer.items)
    size = max(1, block_cells // catalogue)
    blocks = [
        _rank_block(scorer, asked, start, min(start + size, users), min(k, catalogue), min(depth, catalogue), shown)
        for start in range(0, users, size)
    ]
    return Rankings(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def _rank_block(
    scorer: Scorer, asked: HeldOut, start: int, stop: int, k: int, depth: int, shown: int
) -> tuple[np.ndarray, ...]:
    scores = scorer.score(asked.users[start:stop])
    held_out = np.zeros(scores.shape, dtype=bool)
    rows, items = _block_pairs(asked.held_out, start, stop)
    held_out[rows, items] = True
    found = np.take_along_axis(held_out, best(scores, k), axis=1).sum(axis=1, dtype=np.int32)

    unseen = scores.astype(np.float32, copy=True)
    unseen[_block_pairs(asked.seen, start, stop)] = -np.inf
    order = best(unseen, depth)
    hits = np.take_along_axis(held_out, order, axis=1)
    top = order[:, :shown]
    left = np.where(np.isneginf(np.take_along_axis(unseen, top, axis=1)), -1, top).astype(np.int32)
    return found, hits, _first_places(unseen, held_out), left


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """Places of the ``k`` largest scores of each row [b, n], best first, the lower place first among equals."""
    import tensorflow as tf  # its top_k is exact, in parallel, and ranks equals so

    return tf.math.top_k(scores, k=k).indices.numpy()


def _first_places(scores: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    candidates = np.where(held_out, scores, -np.inf)
    first = candidates.argmax(axis=1)  # of equals the first
    score = np.take_along_axis(candidates, first[:, None], axis=1)
    before = np.arange(scores.shape[1]) < first[:, None]
    place = 1 + (scores > score).sum(axis=1) + ((scores == score) & before).sum(axis=1)
    return np.where(held_out.any(axis=1), place, 0)


def _block_pairs(pairs: np.ndarray, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Row in the block and item, of the pairs of users start..stop whose item is in the catalogue."""
    low, high = np.searchsorted(pairs[:, 0], [start, stop])
    known = pairs[low:high][pairs[low:high, 1] >= 0]
    return known[:, 0] - start, known[:, 1]
