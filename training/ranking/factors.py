"""Biased matrix factorisation in closed form, by variational Bayes: no step size and no regularisation to tune.

    score(user, item) = mean + user bias + item bias + <user factors, item factors> + noise

Every number but the mean has a normal prior around zero. Users and items are solved by turns: given the other side's
means and covariances, each has a normal posterior in closed form; then the priors' variances (one per direction and
side, so that directions which the reviews do not support die out) and the noise are set to what the posteriors expect
of them. So users and items are regularised by what is known of each. Y. Lim and Y. Teh, Variational Bayesian Approach
to Movie Rating Prediction (2007), with the biases as one more direction of either side.

A turn costs reviews x factors^2 + (users + items) x factors^3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from dataset.ratings import Ratings

TURNS = 10
FIRST_SPREAD = 0.1  # of the items' factors, and the priors' variance, that the first turn starts from (standard scores)
FIRST_NOISE = 0.7  # share of the scores' variance
BLOCK_CELLS = 2**21  # of the matrices that are solved at a time: 8 MB each, which stay near the processor
MOST_CELLS = 2**27  # of the covariances of users and items together: 512 MB
FEWEST, MOST = 4, 16  # factors


@dataclass(frozen=True)
class Factors:
    """``user_bias`` [u], ``item_bias`` [i], ``users`` [u, k], ``items`` [i, k]: means of the posteriors (float32)."""

    mean: float
    user_bias: np.ndarray
    item_bias: np.ndarray
    users: np.ndarray
    items: np.ndarray


def number_of_factors(ratings: Ratings) -> int:
    """Grows with the cube root of the reviews, as far as the covariances fit."""
    fitting = int((MOST_CELLS / (len(ratings.user_names) + len(ratings.item_names))) ** 0.5) - 1
    return int(np.clip(len(ratings) ** (1 / 3) / 4, FEWEST, max(FEWEST, min(MOST, fitting))))


def fit_factors(
    ratings: Ratings, factors: int, seed: int, turns: int = TURNS, block_cells: int = BLOCK_CELLS
) -> Factors:
    """``factors``: directions beside the bias, 1 or more."""
    mean = float(ratings.scores.mean())
    spread = float(ratings.scores.std()) or 1.0
    shape = len(ratings.user_names), len(ratings.item_names)
    standard = ((ratings.scores - mean) / spread).astype(np.float32)
    by_user = sparse.csr_matrix((standard, (ratings.users, ratings.items)), shape=shape)
    by_item = by_user.T.tocsr()
    random = np.random.default_rng([seed, 0xFAC7])
    users = _Side(np.zeros((shape[0], factors), dtype=np.float32), block_cells)
    items = _Side(FIRST_SPREAD * random.standard_normal((shape[1], factors), dtype=np.float32), block_cells)
    noise = FIRST_NOISE
    for _ in range(turns):
        users.solve(by_user, items, noise)
        noise = max(items.solve(by_item, users, noise) / len(ratings), 1e-6)
    scale = np.float32(spread)
    return Factors(mean, users.bias * scale, items.bias * scale, users.factors * scale, items.factors)


class _Side:
    """Users or items: posterior means [n, k + 1], the bias last, covariances, and the prior's variances [k + 1]."""

    def __init__(self, factors: np.ndarray, block_cells: int = BLOCK_CELLS) -> None:
        number, width = len(factors), factors.shape[1] + 1
        self.means = np.hstack([factors, np.zeros((number, 1), dtype=np.float32)])
        self.covariances = np.tile(FIRST_SPREAD**2 * np.eye(width, dtype=np.float32), (number, 1, 1))
        self.prior = np.full(width, FIRST_SPREAD)
        size = max(1, block_cells // (width * width))
        self.blocks = [slice(start, start + size) for start in range(0, number, size)]

    @property
    def factors(self) -> np.ndarray:
        return self.means[:, :-1]

    @property
    def bias(self) -> np.ndarray:
        return self.means[:, -1]

    def solve(self, scores: sparse.csr_matrix, other: _Side, noise: float) -> float:
        """Posteriors and prior given the ``other`` side; returns the expected sum of squared errors.

        ``scores``: standard scores, own side x other side. A score less the other's bias b is the product of the own
        vector w with the other's design x = (factors, 1), plus noise.
        """
        reviewed = sparse.csr_matrix((np.ones_like(scores.data), scores.indices, scores.indptr), scores.shape)
        design, moments, shift = other.expectations()
        number, width = self.means.shape
        error, squares = 0.0, np.zeros(width)
        for rows in self.blocks:
            gram = (reviewed[rows] @ moments).reshape(-1, width, width)  # sums of E[x x']
            target = scores[rows] @ design - reviewed[rows] @ shift  # sums of E[x (score - b)]
            precision = gram / np.float32(noise) + np.diag(1 / self.prior).astype(np.float32)
            covariances = np.linalg.inv(precision)
            means = np.matmul(covariances, target[:, :, None])[:, :, 0] / np.float32(noise)
            second = covariances + means[:, :, None] * means[:, None, :]  # E[w w']
            squares += np.einsum("nkk->k", second, dtype=np.float64)
            error += float(np.vdot(gram.astype(np.float64), second)) - 2 * float(np.vdot(means, target))
            self.means[rows], self.covariances[rows] = means, covariances
        self.prior = np.maximum(squares / number, 1e-8)
        square = other.bias**2 + other.covariances[:, -1, -1]
        error += float(np.vdot(scores.data, scores.data)) - 2 * float((scores @ other.bias).sum(dtype=np.float64))
        return error + float((reviewed @ square).sum(dtype=np.float64))

    def expectations(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of x and b as the other side sees them: E[x] [n, k + 1], E[x x'] [n, (k + 1)^2] and E[x b] [n, k + 1]."""
        number, width = self.means.shape
        design = self.means.copy()
        design[:, -1] = 1
        shift = design * self.bias[:, None]
        shift[:, :-1] += self.covariances[:, :-1, -1]
        moments = np.empty((number, width, width), dtype=np.float32)
        for rows in self.blocks:
            moments[rows] = self.covariances[rows]
            moments[rows, -1, :] = moments[rows, :, -1] = 0  # the 1 is certain
            moments[rows] += design[rows, :, None] * design[rows, None, :]
        return design, moments.reshape(number, width * width), shift
