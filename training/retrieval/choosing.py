"""Settings of the closed form, chosen by climbing on the validation slice: one step at a time along one setting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dataset.histories import Histories
from retrieval.ridge import EXACT, Spectrum, decompose
from retrieval.towers import Towers
from retrieval.validation import Validator

MOST_NUMBERS = 2**25  # of one table: 128 MB
EXPONENTS = (0.0, 0.125, 0.25, 0.375, 0.5)
SHRINKAGES = tuple(200.0 * 2.0**n for n in range(-6, 9))


@dataclass(frozen=True)
class RidgeSettings:
    """``exponent`` is of the item weights, ``rank`` of both tables."""

    exponent: float = 0.25
    shrinkage: float = 200.0
    rank: int = 64


class Decompositions:
    """Decompositions of the same histories, none computed twice, nor one of a higher rank than is asked for."""

    def __init__(self, histories: Histories, seed: int) -> None:
        self._histories, self._seed = histories, seed
        self._known: dict[float, Spectrum] = {}
        users, items = len(histories), histories.catalogue
        self.exact = min(users, items) <= EXACT
        self.widest = max(1, min(1024 if self.exact else 256, users, items, MOST_NUMBERS // items))

    @property
    def first(self) -> RidgeSettings:
        """Where to begin: wide where all singular vectors are computed in any case, else narrow."""
        return RidgeSettings(rank=self.widest if self.exact else min(RidgeSettings.rank, self.widest))

    def tables(self, settings: RidgeSettings) -> tuple[np.ndarray, np.ndarray]:
        """History and candidate tables [n, rank]; narrower where the reviews have no such rank."""
        known = self._known.get(settings.exponent)
        if known is None or known.asked < settings.rank:
            rank = self.widest if self.exact else settings.rank
            known = decompose(self._histories, settings.exponent, rank, self._seed)
            self._known[settings.exponent] = known
        return known.tables(settings.shrinkage, settings.rank)


def choose(decompositions: Decompositions, popularity: np.ndarray, validator: Validator) -> tuple[RidgeSettings, float]:
    """The settings from which no single step leads higher, and their validation score.

    ``popularity`` [n] are the scores of an empty history.
    """
    scores: dict[RidgeSettings, float] = {}

    def score(settings: RidgeSettings) -> float:
        if settings not in scores:
            history, items = decompositions.tables(settings)
            bias = np.zeros(len(items), dtype=np.float32)
            scores[settings] = validator.score(Towers(history, items, bias, popularity))
        return scores[settings]

    def climb(best: RidgeSettings, name: str, steps: tuple[float, ...]) -> RidgeSettings:
        """Along one setting, up, else down, as long as it leads higher."""
        for direction in (1, -1):
            moved = False
            while (place := steps.index(getattr(best, name)) + direction) in range(len(steps)):
                changed: dict[str, Any] = {name: steps[place]}
                near = replace(best, **changed)
                if score(near) <= score(best):
                    break
                best, moved = near, True
            if moved:
                break
        return best

    best, before = decompositions.first, None
    ranks = tuple(sorted({min(16 * 2**n, decompositions.widest) for n in range(7)} | {best.rank}))
    while best != before:
        before = best
        best = climb(best, "shrinkage", SHRINKAGES)
        best = climb(best, "exponent", EXPONENTS)
        best = climb(best, "rank", ranks)
    return best, score(best)


def describe(settings: RidgeSettings) -> str:
    return f"exponent={settings.exponent} shrinkage={settings.shrinkage:g} rank={settings.rank}"
