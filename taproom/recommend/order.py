"""How retrieval's candidates and ranking's predicted scores become one list.

By the sum of both models' scores, each standardised over the candidates (CombSUM of E. Fox and J. Shaw, 1994; by zero
mean and unit variance as M. Montague and J. Aslam, 2001): retrieval says what the user would choose, ranking how much
they would like it. By the predicted score alone the list would fill with what few would ever choose.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """An item that retrieval found; ``place`` is 1 for the best."""

    item: str
    place: int
    score: float


@dataclass(frozen=True)
class Recommended:
    """A candidate with the score that ranking predicts; None where nothing was ranked."""

    candidate: Candidate
    predicted: float | None

    @property
    def item(self) -> str:
        return self.candidate.item


def ordered(candidates: Sequence[Candidate], predicted: Sequence[float] | None, k: int) -> list[Recommended]:
    """The best ``k`` candidates by both scores, equal ones as retrieval has them; without ``predicted``, by its own."""
    if predicted is None:
        return [Recommended(one, None) for one in candidates[:k]]
    sums = map(sum, zip(_standardised([one.score for one in candidates]), _standardised(predicted), strict=True))
    rows = sorted(zip(sums, candidates, predicted, strict=True), key=lambda row: (-row[0], row[1].place))
    return [Recommended(candidate, score) for _, candidate, score in rows[:k]]


def _standardised(scores: Sequence[float]) -> list[float]:
    """Distances from the mean in standard deviations; 0 where all scores are equal."""
    if not scores:
        return []
    mean, spread = statistics.fmean(scores), statistics.pstdev(scores)
    return [(score - mean) / spread if spread else 0.0 for score in scores]
