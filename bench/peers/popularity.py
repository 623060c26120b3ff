"""The same list of most reviewed items for everybody: what a model has to beat to be worth its cost."""

from __future__ import annotations

from bench.peers.peer import Setting
from bench.training_room import Interactions, Scorer
from bench.training_room import Popularity as MostReviewed


class Popularity:
    name = "popularity"

    def settings(self) -> list[Setting]:
        return [{}]

    def refusal(self, train: Interactions) -> str | None:
        return None

    def fit(self, train: Interactions, setting: Setting, seed: int) -> Scorer:
        return MostReviewed(train)
