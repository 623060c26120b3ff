"""What training learns, and the rounding that makes its scores exact. Plain numpy: trained one way, served another.

    query(history) = sum of history vectors / sqrt(their number)          the query tower
    score(history, item) = <query, item vector> + item bias               the candidate tower

An empty history has no query: its scores are the popularity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FLOAT32_BITS = 24  # whole numbers up to 2^24 are exact


@dataclass(frozen=True)
class Towers:
    """History vectors [n, d], item vectors [n, d], item biases [n] and popularity scores [n], all float32."""

    history: np.ndarray
    items: np.ndarray
    bias: np.ndarray
    popularity: np.ndarray

    def is_finite(self) -> bool:
        return all(bool(np.isfinite(part).all()) for part in (self.history, self.items, self.bias, self.popularity))


def beside(left: tuple[np.ndarray, np.ndarray], weight: float, right: tuple[np.ndarray, np.ndarray]) -> tuple:
    """Two pairs of history and item tables as one, whose scores are ``weight`` * left's + right's."""
    return np.hstack([left[0] * np.float32(weight), right[0]]), np.hstack([left[1], right[1]])


def rounded(vectors: np.ndarray) -> np.ndarray:
    """Vectors [n, d], each rounded to multiples of a power of two of its own, at most 2^12 of them long.

    The product of two such vectors, and each of its partial sums, is a whole multiple (at most 2^24, by Cauchy-Schwarz)
    of a power of two: exact in float32, in any order of adding. What is rounded away is 2^-12 of a vector's length.
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(length).all():
        raise ValueError("vectors that are not finite cannot be rounded")
    # Rounding may lengthen a vector by sqrt(d) / 2 steps.
    room = 2.0 ** (FLOAT32_BITS // 2) - 0.5 * vectors.shape[1] ** 0.5
    if room < 1:
        raise ValueError(f"vectors of {vectors.shape[1]} numbers are too long to be exact in float32")
    step = 2.0 ** np.ceil(np.log2(np.where(length > 0, length, 1.0) / room))
    return (np.round(vectors / step) * step).astype(np.float32)
