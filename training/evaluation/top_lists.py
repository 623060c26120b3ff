"""The best items of each user, found without sorting a user's whole row."""

from __future__ import annotations

import math

import numpy as np


def best(scores: np.ndarray, k: int, left_out: np.ndarray) -> np.ndarray:
    """int32 [b, k]: the items of the largest of ``scores`` [b, n] in each row, best first, equal ones in their order.

    ``left_out`` [s, 2] are pairs (row, item), sorted, that no list may hold. Where fewer than ``k`` are left the list
    ends with -1.
    """
    found = np.full((len(scores), k), -1, dtype=np.int32)
    likely = np.sort(_likely(scores, k, left_out))
    rows, items = np.divmod(likely, scores.shape[1])
    order = np.lexsort((-np.take(scores, likely), rows))
    rows, items = rows[order], items[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    listed = place < k
    found[rows[listed], place[listed]] = items[listed]
    return found


def _likely(scores: np.ndarray, k: int, left_out: np.ndarray) -> np.ndarray:
    """Cells, as row * n + item, among which are the ``k`` best of each row that are not left out, and few more."""
    users, catalogue = scores.shape
    # Items stand in ``width`` lines of ``groups``; a group is a column of them. The last few are in no group.
    width = max(1, math.isqrt(catalogue // (2 * k)))
    groups = catalogue // width
    shape, strides = (users, width, groups), (scores.strides[0], groups * scores.itemsize, scores.itemsize)
    maxima = np.lib.stride_tricks.as_strided(scores, shape, strides, writeable=False).max(axis=1)
    bounds = _bounds(maxima, k, left_out)
    rows, columns = np.divmod(np.flatnonzero(maxima >= bounds[:, None]), groups)
    # Cells are numbered through all rows: to look one up by one number takes half as long as by two.
    cells = (rows * catalogue + columns)[:, None] + groups * np.arange(width)
    reached = cells[np.take(scores, cells) >= bounds[rows, None]]
    end_rows, ends = np.nonzero(scores[:, width * groups :] >= bounds[:, None])
    likely = np.concatenate([reached, end_rows * catalogue + ends + width * groups])
    return likely[~_among(likely, left_out[:, 0] * catalogue + left_out[:, 1])]


def _bounds(maxima: np.ndarray, k: int, left_out: np.ndarray) -> np.ndarray:
    """For each row a number that at least ``k`` scores reach which are not left out: the k-th largest of the ``maxima``
    [b, g] of groups without any such item; the lowest of all where there are not so many groups.
    """
    groups = maxima.shape[1]
    if groups < k:
        return np.full(len(maxima), -np.inf, dtype=maxima.dtype)
    clean = maxima.copy()
    clean[left_out[:, 0], left_out[:, 1] % groups] = -np.inf
    return np.partition(clean, groups - k, axis=1)[:, groups - k]


def _among(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which of ``keys`` are in ``known``, which is sorted."""
    if not len(known):
        return np.zeros(len(keys), dtype=bool)
    return known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
