"""The exported ranking model as an evaluation asks it: by its signature, loaded as a server loads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from contract.artifact import ArtifactError
from dataset.ratings import Ratings
from evaluation.scorers import UNLOADABLE, ScoresError

SIGNATURE = "serving_default"
BLOCK = 2**14  # reviews that are asked for at a time


class RankingSavedModel:
    def __init__(self, folder: Path) -> None:
        """Raises ArtifactError when it cannot be loaded or is no ranking model."""
        import tensorflow as tf

        failures = (*UNLOADABLE, tf.errors.OpError)
        try:
            self._loaded = tf.saved_model.load(str(folder))
        except failures as error:
            raise ArtifactError(f"{folder} cannot be loaded as a SavedModel: {error}") from error
        served = self._loaded.signatures.get(SIGNATURE)
        takes = sorted(served.structured_input_signature[1]) if served else []
        gives = sorted(served.structured_outputs) if served else []
        if takes != ["item", "username"] or "score" not in gives:
            raise ArtifactError(
                f"the SavedModel is no ranking model: {SIGNATURE} must take item and username and give score; "
                f"it takes {', '.join(takes) or 'nothing'} and gives {', '.join(gives) or 'nothing'}"
            )
        self._served, self._as_tensor, self._failures = served, tf.constant, failures

    def score(self, ratings: Ratings) -> np.ndarray:
        """float64 [n] for the users and items of ``ratings``. Raises ScoresError for what is no score."""
        scores = np.empty(len(ratings))
        for start in range(0, len(ratings), BLOCK):
            rows = slice(start, start + BLOCK)
            scores[rows] = self._answers(
                ratings.user_names[ratings.users[rows]].tolist(), ratings.item_names[ratings.items[rows]].tolist()
            )
        return scores

    def known(self, ratings: Ratings) -> np.ndarray:
        """bool [u], in the order of ``user_names``: who has reviews in its train; all, if it cannot tell.

        Raises ScoresError for an answer of another form.
        """
        asked = self._loaded.signatures.get("known")
        users = len(ratings.user_names)
        if asked is None:
            return np.ones(users, dtype=bool)
        try:
            answer = asked(username=self._as_tensor(ratings.user_names.tolist()))["known"].numpy()
        except self._failures as error:
            raise ScoresError(f"the model cannot tell whom it knows: {error}") from error
        if answer.shape != (users,) or answer.dtype.kind != "b":
            raise ScoresError(
                f"the model told whom it knows by shape {answer.shape} and type {answer.dtype} for {users} users"
            )
        return answer

    def _answers(self, users: list[str], items: list[str]) -> np.ndarray:
        try:
            answer = self._served(username=self._as_tensor(users), item=self._as_tensor(items))["score"].numpy()
        except self._failures as error:
            raise ScoresError(f"the model cannot score: {error}") from error
        if answer.shape != (len(users),) or answer.dtype.kind != "f":
            raise ScoresError(
                f"the model gave scores of shape {answer.shape} and type {answer.dtype} for {len(users)} reviews"
            )
        if not np.isfinite(answer).all():
            raise ScoresError("the model gave scores that are not finite")
        return answer
