"""Exact places of held-out items, in blocks of users: every candidate is scored and compared.

Memory is bounded by the size of a few blocks, and no result depends on it: each user's places come from that user's
scores alone. Equal scores are ranked in the order of the catalogue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluation.top_lists import best

BLOCK_CELLS = 2**21  # users x items that are scored at a time: 8 MB of scores, which stay near the processor
AHEAD = 2  # blocks that are scored before they are looked at
UNKNOWN = 2**31 - 1  # place of an item that the catalogue does not have

Block = tuple[int, int]  # users from, users to
Score = Callable[[int, int], np.ndarray]  # users from, users to -> float32 [to - from, n]


@dataclass(frozen=True)
class HeldOut:
    """What is asked: for each of ``users`` users, items held out and items seen in train.

    Pairs are positions (user, item), sorted by user; an item of -1 is not in the catalogue and can never be found.
    """

    users: int
    held_out: np.ndarray  # int64 [h, 2]
    seen: np.ndarray  # int64 [s, 2], each pair once

    @cached_property
    def numbers(self) -> np.ndarray:
        """Held-out pairs of each user [u]."""
        return np.bincount(self.held_out[:, 0], minlength=self.users)

    def per_user(self, values: np.ndarray) -> np.ndarray:
        """Sum of ``values`` [h], one per held-out pair, for each user [u]."""
        return np.bincount(self.held_out[:, 0], weights=values, minlength=self.users)


@dataclass(frozen=True)
class Places:
    """Places, from 0 for the best, of the held-out pairs [h] of HeldOut; UNKNOWN where the catalogue lacks the item."""

    among_all: np.ndarray  # int32 [h]: reviewed items are ranked too
    among_unseen: np.ndarray  # int32 [h]: what the user reviewed in train is left out
    shown: np.ndarray  # int32 [u, shown]: the best unseen items; -1 where a user has seen all others


def places(score: Score, catalogue: int, asked: HeldOut, shown: int = 0, block_cells: int = BLOCK_CELLS) -> Places:
    """Score all users in blocks and look where their held-out items stand. ``score`` is called from another thread."""
    size = max(1, block_cells // max(catalogue, 1))
    blocks = [(start, min(start + size, asked.users)) for start in range(0, asked.users, size)]
    done = [_of_block(scores, asked, *block, shown) for block, scores in _scored(score, blocks)]
    return Places(*(np.concatenate(parts) for parts in zip(*done, strict=True)))


def _scored(score: Score, blocks: list[Block]) -> Iterator[tuple[Block, np.ndarray]]:
    """The blocks with their scores, in order.

    To score is the work of a library with threads of its own; to look is many short steps of Python, which threads can
    only take in turns. So one thread looks at a block while another has the next ones scored.
    """
    waiting: deque[tuple[Block, Future[np.ndarray]]] = deque()
    with ThreadPoolExecutor(1) as scorer:
        for block in blocks:
            waiting.append((block, scorer.submit(score, *block)))
            if len(waiting) > AHEAD:
                first, scores = waiting.popleft()
                yield first, scores.result()
        for block, scores in waiting:
            yield block, scores.result()


def _of_block(scores: np.ndarray, asked: HeldOut, start: int, stop: int, shown: int) -> tuple[np.ndarray, ...]:
    held_out = _between(asked.held_out, start, stop)
    seen = _between(asked.seen, start, stop)
    known = held_out[:, 1] >= 0
    users, items = held_out[known].T
    among_all, among_unseen = (np.full(len(held_out), UNKNOWN, dtype=np.int32) for _ in range(2))
    among_all[known] = _before(scores, users, items)
    among_unseen[known] = among_all[known] - _seen_before(scores, users, items, seen)
    lists = best(scores, shown, seen) if shown else np.empty((stop - start, 0), dtype=np.int32)
    return among_all, among_unseen, lists


def _before(scores: np.ndarray, users: np.ndarray, items: np.ndarray) -> list[int]:
    """For each pair [h]: how many of the user's ``scores`` stand before the item's.

    Comparing for a pair at a time is faster than for many: the row stays in the nearest cache.
    """
    before = np.empty(scores.shape[1], dtype=bool)
    rows = list(scores)
    found = []
    for user, item, value in zip(users.tolist(), items.tolist(), scores[users, items], strict=True):
        row = rows[user]
        np.greater_equal(row[:item], value, before[:item])
        np.greater(row[item:], value, before[item:])
        found.append(np.count_nonzero(before))
    return found


def _seen_before(scores: np.ndarray, users: np.ndarray, items: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """For each pair [h]: how many of the user's ``seen`` items stand before the item."""
    keys = np.sort(_keys(seen[:, 0], scores[seen[:, 0], seen[:, 1]]))
    asked = _keys(users, scores[users, items])
    above = np.searchsorted(keys, asked, side="right")
    ahead = np.searchsorted(seen[:, 0], users, side="right") - above
    for pair in np.flatnonzero(above > np.searchsorted(keys, asked)):  # equal to a seen item's score
        first, last = np.searchsorted(seen[:, 0], [users[pair], users[pair] + 1])
        theirs, row = seen[first:last, 1], scores[users[pair]]
        ahead[pair] += np.count_nonzero((row[theirs] == row[items[pair]]) & (theirs < items[pair]))
    return ahead


def _keys(users: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Whole numbers that sort by user, then by score (float32; as numbers their bits rise, or fall below zero)."""
    bits = (scores + np.float32(0)).view(np.uint32)  # -0 becomes 0
    rising = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    return (users.astype(np.uint64) << np.uint64(32)) | rising


def _between(pairs: np.ndarray, start: int, stop: int) -> np.ndarray:
    low, high = np.searchsorted(pairs[:, 0], [start, stop])
    return pairs[low:high] - [start, 0]
