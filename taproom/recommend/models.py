"""The registered SavedModels, asked by their signatures. Names are str, in UTF-8 but for what is no UTF-8."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taproom.recommend.errors import ModelUnusable
from taproom.recommend.order import Candidate
from taproom.recommend.quiet import import_tensorflow


class SavedModel:
    """The SavedModel of a version; raises ModelUnusable where it cannot be loaded or does not answer as it should."""

    def __init__(self, folder: Path, name: str) -> None:
        self._tf = import_tensorflow()
        self.name = name
        try:
            self._loaded = self._tf.saved_model.load(str(folder))  # kept: the signatures do not hold its variables
        except (OSError, ValueError, KeyError, TypeError, self._tf.errors.OpError) as error:
            raise ModelUnusable(f"{name} cannot be loaded: {_first_line(error)}") from error
        self._signatures = self._loaded.signatures

    def known(self, user: str) -> bool | None:
        """Whether the user was in the training data; None where the model does not tell."""
        if "known" not in self._signatures:
            return None
        return bool(self._ask("known", "known", username=self._names([user]))[0])

    def _ask(self, signature: str, *outputs: str, **inputs: Any) -> Any:
        """The named output of a signature; several as a list. Raises ModelUnusable."""
        if signature not in self._signatures:
            raise ModelUnusable(f"{self.name} has no signature {signature!r}: it has {', '.join(self._signatures)}")
        try:
            answer = self._signatures[signature](**inputs)
            found = [answer[output].numpy() for output in outputs]
        except (self._tf.errors.OpError, TypeError, ValueError, KeyError) as error:
            raise ModelUnusable(f"{self.name} does not answer {signature!r}: {_first_line(error)}") from error
        return found if len(found) > 1 else found[0]

    def _names(self, names: Sequence[str] | Sequence[Sequence[str]]) -> Any:
        return self._tf.constant([_encoded(one) for one in names], dtype=self._tf.string)


class Retrieval(SavedModel):
    @property
    def longest(self) -> int | None:
        """How many items it serves at most; None where the model does not tell."""
        if "serving_default" not in self._signatures:
            return None
        items = self._signatures["serving_default"].structured_outputs.get("items")
        return items.shape[-1] if items is not None and items.shape.rank else None

    def for_user(self, user: str, k: int, exclude_seen: bool) -> list[Candidate]:
        """The best ``k`` items for a user, fewer where not as many are left."""
        return self._best("recommend", k, exclude_seen, username=self._names([user]))

    def for_history(self, history: Sequence[str], k: int, exclude_seen: bool) -> list[Candidate]:
        """The best ``k`` items for someone who reviewed the items of ``history``."""
        return self._best("recommend_history", k, exclude_seen, history=self._names([history]))

    def unknown_of(self, items: Sequence[str]) -> list[str]:
        """Those of ``items`` that are not in the catalogue; none where the model does not tell."""
        if "candidates" not in self._signatures:
            return []
        catalogue = {_decoded(name) for name in self._ask("candidates", "items")}
        return [item for item in items if item not in catalogue]

    def _best(self, signature: str, k: int, exclude_seen: bool, **inputs: Any) -> list[Candidate]:
        k_tensor, exclude = self._tf.constant(k, self._tf.int32), self._tf.constant(exclude_seen)
        scores, items = self._ask(signature, "scores", "items", k=k_tensor, exclude_seen=exclude, **inputs)
        found = zip(items[0], scores[0], strict=True)
        return [Candidate(_decoded(item), place, float(score)) for place, (item, score) in enumerate(found, 1) if item]


class Ranking(SavedModel):
    def scores(self, user: str, items: Sequence[str]) -> list[float]:
        """The predicted score of each item."""
        if not items:
            return []
        scores = self._ask(
            "serving_default", "score", username=self._names([user] * len(items)), item=self._names(items)
        )
        predicted = [float(score) for score in scores.reshape(-1)]
        if len(predicted) != len(items) or not all(map(math.isfinite, predicted)):
            raise ModelUnusable(f"{self.name} does not give a finite score for each of {len(items)} items")
        return predicted


def _encoded(names: str | Sequence[str]) -> Any:
    if isinstance(names, str):
        return names.encode("utf-8", "surrogateescape")
    return [_encoded(name) for name in names]


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
