"""Quality by the places of held-out items: the same metrics as the project's evaluation, cheap enough for a search.

A place counts the items before: those with a higher score, and of equal ones those earlier in the catalogue.
"""

from __future__ import annotations

import numpy as np

from bench.training_room import Interactions, Scorer

METRICS = ("accuracy", "recall_at_10", "recall_at_100", "ndcg_at_10")
BLOCK_CELLS = 8_000_000  # scores at a time
PAIR_CELLS = 4_000_000  # comparisons at a time


def measure(scorer: Scorer, train: Interactions, held_out: Interactions, k: int) -> dict[str, float]:
    """METRICS, means over the users of ``held_out``; seen items are those of ``train`` (left out but for accuracy).

    Both know the same names, in the order of ``scorer.items``.
    """
    users, of_user = np.unique(held_out.users, return_inverse=True)
    among_all = np.empty(len(held_out), dtype=np.int64)
    among_unseen = np.empty(len(held_out), dtype=np.int64)
    size = max(1, BLOCK_CELLS // len(scorer.items))
    row_of = np.full(len(train.user_names), -1)
    for start in range(0, len(users), size):
        block = users[start : start + size]
        scores = np.array(scorer.score(train.user_names[block]), dtype=np.float32)
        rows = np.flatnonzero((of_user >= start) & (of_user < start + size))
        pairs = of_user[rows] - start, held_out.items[rows]
        among_all[rows] = places(scores, *pairs)
        row_of[:] = -1
        row_of[block] = np.arange(len(block))
        seen = row_of[train.users] >= 0
        scores[row_of[train.users[seen]], train.items[seen]] = -np.inf
        among_unseen[rows] = places(scores, *pairs)
    return _means(among_all, among_unseen, of_user, np.bincount(of_user), k)


def places(scores: np.ndarray, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Place, from 1, of ``items`` [p] in ``rows`` [p] of ``scores`` [b, n]."""
    order = np.arange(scores.shape[1])
    size = max(1, PAIR_CELLS // scores.shape[1])
    found = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), size):
        row, item = rows[start : start + size], items[start : start + size]
        others, own = scores[row], scores[row, item][:, None]
        found[start : start + size] = 1 + (others > own).sum(1) + ((others == own) & (order < item[:, None])).sum(1)
    return found


def _means(
    among_all: np.ndarray, among_unseen: np.ndarray, of_user: np.ndarray, held_out: np.ndarray, k: int
) -> dict[str, float]:
    def mean(values: np.ndarray, most: np.ndarray) -> float:
        return float((np.bincount(of_user, weights=values, minlength=len(held_out)) / most).mean())

    gains = np.where(among_unseen <= 10, 1 / np.log2(1 + among_unseen), 0.0)
    ideal = np.cumsum(1 / np.log2(np.arange(2, 12)))[np.minimum(held_out, 10) - 1]
    return {
        "accuracy": mean(among_all <= k, held_out),
        "recall_at_10": mean(among_unseen <= 10, held_out),
        "recall_at_100": mean(among_unseen <= 100, held_out),
        "ndcg_at_10": mean(gains, ideal),
    }
