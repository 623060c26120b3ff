"""Who is evaluated: anything that scores its own catalogue for a list of user names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from artifact import ArtifactError
from container import JobError

SIGNATURES = ("serving_default", "score", "candidates")


class ScoresError(JobError):
    """A model gave scores that cannot be ranked."""


class Scorer(Protocol):
    items: np.ndarray  # names of the catalogue [n], in the order in which equal scores are ranked

    def score(self, users: Sequence[str]) -> np.ndarray:
        """float32 [users, n]"""
        ...


class SavedModel:
    """A SavedModel by its signatures, loaded as a server loads it."""

    def __init__(self, folder: Path) -> None:
        """Raises ArtifactError when it cannot be loaded or lacks a signature."""
        import tensorflow as tf

        try:
            self._loaded = tf.saved_model.load(str(folder))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise ArtifactError(f"{folder} cannot be loaded as a SavedModel: {error}") from error
        missing = [name for name in SIGNATURES if name not in self._loaded.signatures]
        if missing:
            raise ArtifactError(
                f"the SavedModel has no signature {', '.join(missing)}; it needs {', '.join(SIGNATURES)}"
            )
        self._as_tensor = tf.constant
        names = self._loaded.signatures["candidates"]()["items"].numpy()
        self.items = np.array([name.decode("utf-8") for name in names], dtype=object)

    def score(self, users: Sequence[str]) -> np.ndarray:
        scores = self._loaded.signatures["score"](username=self._as_tensor(list(users)))["scores"].numpy()
        if scores.shape != (len(users), len(self.items)):
            raise ScoresError(
                f"the model gave scores of shape {scores.shape} for {len(users)} users, {len(self.items)} candidates"
            )
        # The sum is a quarter of the work, and not finite where a score is not; it might also overflow.
        if not np.isfinite(scores.sum()) and not np.isfinite(scores).all():
            raise ScoresError("the model gave scores that are not finite")
        return scores
