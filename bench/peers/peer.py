"""What quality.py needs of a peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bench.training_room import Interactions, Scorer

Setting = Mapping[str, float]


class Peer(Protocol):
    name: str

    def settings(self) -> Sequence[Setting]:
        """All that are tried on the validation slice; a single empty one where there is nothing to choose."""
        ...

    def refusal(self, train: Interactions) -> str | None:
        """Why these reviews cannot be fitted here, None if they can."""
        ...

    def fit(self, train: Interactions, setting: Setting, seed: int) -> Scorer:
        """The scorer's items are ``train.item_names``."""
        ...
