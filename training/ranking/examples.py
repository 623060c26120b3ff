"""What the ranking network learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Reviews as the network sees them: ``users``, ``items`` int32 [n], ``dense`` float32 [n, d], ``scores`` [n]."""

    users: np.ndarray
    items: np.ndarray
    dense: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def batch(self, rows: np.ndarray | slice) -> dict[str, np.ndarray]:
        """The given rows (positions or a slice), by name."""
        return {name: values[rows] for name, values in vars(self).items()}


def joined(parts: Sequence[Examples]) -> Examples:
    """One after another."""
    names = ("users", "items", "dense", "scores")
    return Examples(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
