"""The closed-form part of the model: a regularised linear autoencoder over items, of low rank.

With X [users, n] the reviews (0 or 1), it is the B [n, n] that minimises

    sum over users u of w_u |x_u D - x_u D B|^2 + shrinkage |B|^2
    w_u = (length of u's history / mean)^-1/2, D = diag((reviews of the item / mean)^-exponent)

which, with s and V the singular values and right vectors of W^1/2 X D, is B = V diag(s^2 / (s^2 + shrinkage)) V^T
(H. Steck, "Autoencoders that don't overfit towards the Identity", NeurIPS 2020, without the constraint on the
diagonal, which changes the scores of reviewed items alone). The weights keep users with long histories and popular
items from deciding everything (S. Park et al., "Why is Normalization Necessary for Linear Recommenders?", SIGIR 2025).
Scores are x D B D^-1, so they are a product of two tables, as towers are.

One decomposition serves every shrinkage and every smaller rank.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from dataset.histories import Histories

USER_EXPONENT = -0.5
EXACT = 2048  # users or items up to which all singular vectors are computed
POWER_ITERATIONS = 3
OVERSAMPLING = 32
NEGLIGIBLE = 1e-6  # share of the largest energy below which float32 tells nothing


@dataclass(frozen=True)
class Spectrum:
    """Squared singular values [r], falling, right singular vectors [n, r], item weights [n].

    ``asked`` is the rank that was asked for; r is lower where the reviews have no more.
    """

    energies: np.ndarray
    vectors: np.ndarray
    weights: np.ndarray
    asked: int

    def tables(self, shrinkage: float, rank: int) -> tuple[np.ndarray, np.ndarray]:
        """History and candidate tables [n, rank]: a user's scores are the sum over the history times candidates."""
        kept = self.energies[:rank] / (self.energies[:rank] + shrinkage)
        vectors = self.vectors[:, :rank] * np.sqrt(kept)
        weights = self.weights[:, None]
        return (vectors * weights).astype(np.float32), (vectors / weights).astype(np.float32)


def decompose(histories: Histories, exponent: float, rank: int, seed: int) -> Spectrum:
    """The ``rank`` largest singular values and vectors of the weighted reviews; fewer where there are no more."""
    lengths, counts = histories.lengths, np.maximum(histories.item_counts, 0.5)
    users = (np.maximum(lengths, 1) / max(lengths.mean(), 1)) ** (USER_EXPONENT / 2)
    weights = ((counts / counts.mean()) ** -exponent).astype(np.float32)
    matrix = histories.matrix()
    matrix = sparse.diags(users.astype(np.float32)) @ matrix @ sparse.diags(weights)
    energies, vectors = _right_vectors(matrix.tocsr().astype(np.float32), rank, np.random.default_rng(seed))
    positive = energies > NEGLIGIBLE * max(float(energies[0]), 1e-30)
    return Spectrum(energies[positive], vectors[:, positive], weights, rank)


def _right_vectors(matrix: sparse.csr_matrix, rank: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    users, items = matrix.shape
    if min(users, items) <= max(EXACT, rank):
        if items <= users:
            return _largest((matrix.T @ matrix).toarray(), rank)
        energies, left = _largest((matrix @ matrix.T).toarray(), rank)
        return energies, (matrix.T @ left) / np.sqrt(np.maximum(energies, 1e-12)).astype(np.float32)
    return _randomised(matrix, rank, random)


def _randomised(matrix: sparse.csr_matrix, rank: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """N. Halko et al., "Finding structure with randomness", SIAM Review 2011, algorithms 4.4 and 5.1."""
    sketch = random.standard_normal((matrix.shape[1], rank + OVERSAMPLING), dtype=np.float32)
    basis = _orthonormal(matrix @ sketch)
    for _ in range(POWER_ITERATIONS):
        basis = _orthonormal(matrix @ _orthonormal(matrix.T @ basis))
    small = matrix.T @ basis  # [n, rank + oversampling]
    energies, rotation = _largest(small.T @ small, rank)
    return energies, (small @ rotation) / np.sqrt(np.maximum(energies, 1e-12)).astype(np.float32)


def _orthonormal(vectors: np.ndarray) -> np.ndarray:
    """An orthonormal basis [m, at most r] of the columns of ``vectors`` [m, r], without what rounding drowns.

    By way of the Gram matrix, twice, as in Cholesky QR: some forty times as fast as Householder's for so few columns.
    """
    for _ in range(2):
        energies, rotation = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
        kept = energies > NEGLIGIBLE * max(energies[-1], 1e-30)
        vectors = vectors @ (rotation[:, kept] / np.sqrt(energies[kept])).astype(np.float32)
    return vectors


def _largest(gram: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues, falling, and their vectors, of a symmetric matrix."""
    values, vectors = np.linalg.eigh(gram)
    return np.maximum(values[::-1][:rank], 0.0), np.ascontiguousarray(vectors[:, ::-1][:, :rank])
