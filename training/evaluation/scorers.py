"""Who is evaluated: anything that scores its own catalogue for a list of user names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from contract.artifact import ArtifactError
from contract.container import JobError

# Signature -> inputs, output and the output's type. Lists are not asked for here, but a model must be able to serve.
SIGNATURES = {
    "serving_default": (["username"], "items", "string"),
    "score": (["username"], "scores", "float32"),
    "candidates": ([], "items", "string"),
}
# What TensorFlow raises for files that are damaged, missing or of a form that it does not know, beside its own errors.
UNLOADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)


class ScoresError(JobError):
    """A model gave scores that cannot be ranked, or none."""


class Scorer(Protocol):
    items: np.ndarray  # names of the catalogue [n], in the order in which equal scores are ranked

    def score(self, users: Sequence[str]) -> np.ndarray:
        """float32 [users, n]"""
        ...


class SavedModel:
    """A SavedModel by its signatures, loaded as a server loads it."""

    def __init__(self, folder: Path) -> None:
        """Raises ArtifactError when it cannot be loaded, lacks a signature or has no candidates."""
        import tensorflow as tf

        self._tf = tf
        try:
            self._loaded = tf.saved_model.load(str(folder))
        except (*UNLOADABLE, tf.errors.OpError) as error:
            raise ArtifactError(f"{folder} cannot be loaded as a SavedModel: {error}") from error
        _check(self._loaded.signatures)
        self.items = self._candidates()

    def score(self, users: Sequence[str]) -> np.ndarray:
        """Raises ScoresError where the model fails, or gives scores of another shape or not finite."""
        try:
            asked = self._tf.constant(list(users), dtype=self._tf.string)
            # Unlike numpy() this copies nothing; the array cannot be written to.
            scores = np.asarray(self._loaded.signatures["score"](username=asked)["scores"])
        except self._tf.errors.OpError as error:
            raise ScoresError(f"the model failed to score {len(users)} users: {error.message}") from error
        if scores.shape != (len(users), len(self.items)):
            raise ScoresError(
                f"the model gave scores of shape {scores.shape} for {len(users)} users, {len(self.items)} candidates"
            )
        # Sums take a fraction of the time, those of columns the least, and are not finite where a score is not; they
        # might also overflow.
        if not np.isfinite(np.einsum("ij->", scores)) and not np.isfinite(scores).all():
            raise ScoresError("the model gave scores that are not finite")
        return scores

    def for_history(self, history: Sequence[str], k: int) -> list[tuple[str, float]]:
        """What someone is recommended who reviewed ``history``, with scores, best first, without the history itself.

        At most ``k``; none where the model has no signature for it, or fails.
        """
        asked = self._loaded.signatures.get("recommend_history") if history else None
        if asked is None:
            return []
        try:
            answer = asked(
                history=self._tf.constant([list(history)], dtype=self._tf.string),
                k=self._tf.constant(min(k, len(self.items)), dtype=self._tf.int32),
                exclude_seen=self._tf.constant(True),
            )
            items, scores = (answer[name].numpy()[0].tolist() for name in ("items", "scores"))
            listed = [(item.decode("utf-8"), score) for item, score in zip(items, scores, strict=True)]
        except (*UNLOADABLE, self._tf.errors.OpError):
            return []
        return [(item, score) for item, score in listed if item]

    def _candidates(self) -> np.ndarray:
        try:
            names = self._loaded.signatures["candidates"]()["items"].numpy()
            items = np.array([name.decode("utf-8") for name in names.ravel()], dtype=object)
        except (self._tf.errors.OpError, UnicodeDecodeError) as error:
            raise ArtifactError(f"the SavedModel's candidates cannot be read: {error}") from error
        if not len(items) or len(set(items)) != len(items):
            raise ArtifactError(f"the SavedModel has {len(items)} candidates, {len(set(items))} of them distinct")
        return items


def _check(signatures: Any) -> None:
    missing = [name for name in SIGNATURES if name not in signatures]
    if missing:
        raise ArtifactError(f"the SavedModel has no signature {', '.join(missing)}; it needs {', '.join(SIGNATURES)}")
    for name, (inputs, output, kind) in SIGNATURES.items():
        takes = sorted(signatures[name].structured_input_signature[1])
        gives = {key: tensor.dtype.name for key, tensor in signatures[name].structured_outputs.items()}
        if takes != inputs or gives.get(output) != kind:
            raise ArtifactError(
                f"the SavedModel's signature {name} takes {', '.join(takes) or 'nothing'} and gives {gives}; "
                f"it must take {', '.join(inputs) or 'nothing'} and give {output} ({kind})"
            )
