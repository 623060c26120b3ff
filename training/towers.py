"""What training learns, and the grid that makes its scores exact. Plain numpy: trained one way, served another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

FLOAT32_BITS = 24  # whole numbers up to 2^24 are exact


@dataclass(frozen=True)
class Towers:
    """What is learnt: user vectors [users, d], item vectors [items, d], item biases [items], all float32."""

    users: np.ndarray
    items: np.ndarray
    bias: np.ndarray


def on_grid(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Vectors [n, d] as whole numbers (float32) and the step between them, a power of two.

    The whole numbers are small enough for the product of two such vectors to be exact in float32, whatever the order
    of adding; multiplying by a power of two is exact as well.
    """
    largest = float(np.abs(vectors).max())
    bits = (FLOAT32_BITS - math.ceil(math.log2(vectors.shape[1]))) // 2
    if bits < 1 or not math.isfinite(largest):
        raise ValueError(f"vectors of {vectors.shape[1]} numbers up to {largest} cannot be put on a grid")
    step = 2.0 ** (math.ceil(math.log2(largest)) - bits) if largest else 1.0
    return np.round(vectors / step).astype(np.float32), step
