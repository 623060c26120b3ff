"""EASE: embarrassingly shallow autoencoders (Steck, 2019), a linear item model in closed form.

With X the reviews (users x items of 0 and 1), P = (X'X + λ)^-1 and d = diag(P), the model is B = 1 - P / d (column by
column), whose diagonal is zero, and a user's scores are x B = x - x P / d. Where there are fewer users than items, the
same x P comes from the smaller inverse: X P = (XX' + λ)^-1 X and d = (1 - diag(X' X P)) / λ. Both are exact.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from bench.peers.known_users import KnownUsers
from bench.peers.peer import Setting
from bench.training_room import Interactions, Scorer

LAMBDAS = (50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0)
MOST = 12_000  # rows of the matrix that is inverted: 1.2 GB in float64, and its inverse
CACHED = 128  # rows and columns that are transposed at a time
MOST_CELLS = 300_000_000  # of X P where it is kept whole: 1.2 GB in float32


class Ease:
    name = "EASE"

    def settings(self) -> list[Setting]:
        return [{"lambda": value} for value in LAMBDAS]

    def refusal(self, train: Interactions) -> str | None:
        users, items = len(train.user_names), len(train.item_names)
        if items <= MOST or (users <= MOST and users * items <= MOST_CELLS):
            return None
        return f"skipped: {items:,} items and {users:,} users; it inverts a matrix of at most {MOST:,} rows here"

    def fit(self, train: Interactions, setting: Setting, seed: int) -> Scorer:
        users, items = len(train.user_names), len(train.item_names)
        by_items = items <= users or users > MOST
        seen = grouped(train.users, train.items, users)
        score = _from_items if by_items else _from_users
        return KnownUsers(train, score(seen, grouped(train.items, train.users, items), setting["lambda"]))


def _from_items(seen: list[np.ndarray], reviewers: list[np.ndarray], weight: float):
    inverse = inverse_of_cooccurrence(seen, len(reviewers), weight)
    product = (inverse / np.diag(inverse)).astype(np.float32)

    def score(rows: np.ndarray) -> np.ndarray:
        scores = np.empty((len(rows), len(reviewers)), dtype=np.float32)
        for place, row in enumerate(rows):
            scores[place] = -product[seen[row]].sum(axis=0)
            scores[place, seen[row]] += 1
        return scores

    return score


def _from_users(seen: list[np.ndarray], reviewers: list[np.ndarray], weight: float):
    inverse = inverse_of_cooccurrence(reviewers, len(seen), weight)
    product = np.empty((len(reviewers), len(seen)), dtype=np.float32)  # (X P / d)', a row per item
    for item, users in enumerate(reviewers):
        row = inverse[users].sum(axis=0)
        product[item] = row / ((1 - row[users].sum()) / weight)

    def score(rows: np.ndarray) -> np.ndarray:
        scores = -product[:, rows].T
        for place, row in enumerate(rows):
            scores[place, seen[row]] += 1
        return scores

    return score


def inverse_of_cooccurrence(groups: list[np.ndarray], size: int, weight: float) -> np.ndarray:
    """Inverse, float64 [size, size], of: in how many ``groups`` two things are together, plus ``weight`` x identity.

    A group names a thing at most once.
    """
    matrix = np.zeros((size, size))
    for group in groups:
        matrix[np.ix_(group, group)] += 1
    matrix[np.diag_indices(size)] += weight
    return inverse_of_symmetric(matrix)


def inverse_of_symmetric(matrix: np.ndarray) -> np.ndarray:
    """Inverse of a positive definite matrix, which is overwritten. Raises LinAlgError where it is not.

    Cholesky's way makes use of the symmetry, which is a third of the work; its result is one triangle.
    """
    triangle, problem = lapack.dpotrf(matrix.T, lower=1, overwrite_a=1)
    if not problem:
        triangle, problem = lapack.dpotri(triangle, lower=1, overwrite_c=1)
    if problem:
        raise np.linalg.LinAlgError(f"the matrix is not positive definite (LAPACK says {problem})")
    return _mirrored(triangle.T)


def _mirrored(upper: np.ndarray) -> np.ndarray:
    """``upper`` [n, n] with its upper triangle written into the lower one, in blocks that stay in the cache."""
    for start in range(0, len(upper), CACHED):
        here, after = slice(start, start + CACHED), slice(start + CACHED, None)
        square = upper[here, here]
        upper[here, here] = np.triu(square) + np.triu(square, 1).T
        upper[after, here] = upper[here, after].T
    return upper


def grouped(keys: np.ndarray, values: np.ndarray, size: int) -> list[np.ndarray]:
    """The values of each key 0 .. size - 1."""
    order = np.argsort(keys, kind="stable")
    return np.split(values[order], np.cumsum(np.bincount(keys, minlength=size))[:-1])
