"""Biased matrix factorisation in closed form, by variational Bayes: no step size, no number of epochs to tune.

    score(user, item) = mean + user bias + item bias + <user factors, item factors> + noise

Every number but the mean has a normal prior around zero. Users and items are solved by turns: given the other side's
means and covariances, each has a normal posterior in closed form; then the priors' variances (one per direction and
side, so that directions the data do not support die out) and the noise are set to what the posteriors expect of them.
So each user and item is regularised by what is known of it and no more. Y. Lim and Y. Teh, Variational Bayesian
Approach to Movie Rating Prediction (2007), with the biases as one more direction on either side.

One turn costs reviews x factors^2 + (users + items) x factors^3; memory is bounded by solving in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ratings import Ratings
from scipy import sparse

CELLS = 2**23  # of a block's covariances, float32: 32 MB
FIRST_SPREAD = 0.1  # of the factors that the first turn starts from, and of the priors, in units of the scores' spread
TURNS = 15


@dataclass(frozen=True)
class Factors:
    """``user_bias`` [u], ``item_bias`` [i], ``users`` [u, k], ``items`` [i, k]: means of the posteriors (float32)."""

    mean: float
    user_bias: np.ndarray
    item_bias: np.ndarray
    users: np.ndarray
    items: np.ndarray


class _Side:
    """Users or items: posterior means [n, k + 1] (the last is the bias), covariances, and the prior's variances."""

    def __init__(self, number: int, factors: int, random: np.random.Generator | None) -> None:
        width = factors + 1
        self.means = np.zeros((number, width), dtype=np.float32)
        if random is not None:
            self.means[:, :factors] = FIRST_SPREAD * random.standard_normal((number, factors), dtype=np.float32)
        self.covariances = np.tile(FIRST_SPREAD**2 * np.eye(width, dtype=np.float32), (number, 1, 1))
        self.prior = np.full(width, FIRST_SPREAD, dtype=np.float64)

    def solve(self, reviews: sparse.csr_matrix, other: _Side, noise: float) -> float:
        """Posteriors given the ``other`` side; returns the expected sum of squared errors.

        ``reviews``: scores without their mean, own side x other side.
        """
        number, width = self.means.shape
        counted = sparse.csr_matrix((np.ones_like(reviews.data), reviews.indices, reviews.indptr), reviews.shape)
        design = np.hstack([other.means[:, :-1], np.ones((len(other.means), 1), dtype=np.float32)])
        bias = other.means[:, -1:]
        second = other.covariances.copy()  # E[design design'], where the column of ones is certain
        second[:, -1, :] = second[:, :, -1] = 0
        # The other's bias is subtracted from the scores, and it is uncertain together with the other's factors.
        together = np.hstack([other.covariances[:, :-1, -1], np.zeros_like(bias)])
        second += design[:, :, None] * design[:, None, :]
        second = second.reshape(len(design), width * width)
        shift = design * bias + together
        square = (bias**2)[:, 0] + other.covariances[:, -1, -1]
        error, expected = 0.0, np.zeros(width)
        block = max(1, CELLS // (width * width))
        for start in range(0, number, block):
            rows = slice(start, start + block)
            gram = (counted[rows] @ second).reshape(-1, width, width)
            target = reviews[rows] @ design - counted[rows] @ shift
            precision = gram / np.float32(noise) + np.diag(1 / self.prior).astype(np.float32)
            covariances = np.linalg.inv(precision)
            means = np.einsum("nkl,nl->nk", covariances, target) / np.float32(noise)
            self.means[rows], self.covariances[rows] = means, covariances
            expected += (means.astype(np.float64) ** 2).sum(0) + np.einsum("nkk->k", covariances, dtype=np.float64)
            error -= 2 * float(np.einsum("nk,nk->", means, target, dtype=np.float64))
            error += float(np.einsum("nkl,nkl->", gram, covariances, dtype=np.float64))
            error += float(np.einsum("nk,nkl,nl->", means, gram, means, optimize=True, dtype=np.float64))
        self.prior = np.maximum(expected / number, 1e-8)
        error += float((reviews.data.astype(np.float64) ** 2).sum())
        error -= 2 * float((reviews @ bias).sum(dtype=np.float64))
        error += float((counted @ square).sum(dtype=np.float64))
        return error


def fit_factors(ratings: Ratings, factors: int, seed: int, turns: int = TURNS) -> Factors:
    """``factors``: directions beside the bias, 0 or more."""
    mean = float(ratings.scores.mean())
    spread = float(ratings.scores.std()) or 1.0
    left = ((ratings.scores - mean) / spread).astype(np.float32)
    shape = len(ratings.user_names), len(ratings.item_names)
    by_user = sparse.csr_matrix((left, (ratings.users, ratings.items)), shape=shape)
    by_item = by_user.T.tocsr()
    users = _Side(shape[0], factors, None)
    items = _Side(shape[1], factors, np.random.default_rng([seed, 0xFAC7]))
    noise = 0.7
    for _ in range(turns):
        users.solve(by_user, items, noise)
        noise = max(items.solve(by_item, users, noise) / len(ratings), 1e-6)
    scale = np.float32(spread)
    return Factors(
        mean,
        users.means[:, -1] * scale,
        items.means[:, -1] * scale,
        users.means[:, :-1] * scale,
        items.means[:, :-1],
    )
