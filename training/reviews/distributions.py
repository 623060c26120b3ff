"""How scores are distributed, and how many reviews users and items have: as few numbers as a chart can show.

For the report of the run, which is then written without reading the reviews again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reviews.write_reviews import Written

MOST_SCORES = 21  # that are counted each; of more, spans of equal width are
SPANS = 20


class Scores(NamedTuple):
    """Every ``score`` that occurs, in order; how many ``reviews`` gave it, how many of them ``tested``: arrays [n]."""

    score: np.ndarray
    reviews: np.ndarray
    tested: np.ndarray


def scores_given(train: Written, test: Written) -> Scores:
    score, place = np.unique(np.concatenate([train.scores, test.scores]), return_inverse=True)
    number = np.concatenate([train.of_scores, test.of_scores])
    tested = np.concatenate([np.zeros_like(train.of_scores), test.of_scores])
    reviews, tests = (np.bincount(place, of, minlength=len(score)).astype(np.int64) for of in (number, tested))
    return Scores(score, reviews, tests)


def score_counts(score: np.ndarray, number: np.ndarray, tested: np.ndarray) -> list[dict[str, float]]:
    """Reviews of train and test by score, or by span of scores: each from its lowest on, the last to its highest."""
    if len(score) <= MOST_SCORES:
        low, high, place = score, score, np.arange(len(score))
    else:
        edges = np.linspace(score[0], score[-1], SPANS + 1)
        low, high = edges[:-1], edges[1:]
        place = np.clip(np.searchsorted(edges, score, "right") - 1, 0, SPANS - 1)
    train, test = (np.bincount(place, weights=of, minlength=len(low)) for of in (number - tested, tested))
    return [
        {"from": _rounded(one), "to": _rounded(other), "train": int(train[n]), "test": int(test[n])}
        for n, (one, other) in enumerate(zip(low, high, strict=True))
    ]


def review_counts(reviews: np.ndarray) -> dict[str, Any]:
    """Of users or of items that have ``reviews`` [n], at least one each: in spans that double: 1, 2 to 3, 4 to 7, ...

    ``most`` is what one of them has at most, ``top_tenth`` the share of all reviews that the tenth with most has.
    """
    size, number = np.unique(reviews, return_counts=True)
    if not len(size):
        return {"most": 0, "top_tenth": 0.0, "counts": []}
    power = np.floor(np.log2(size)).astype(int)
    who, theirs = (np.bincount(power, weights=of).astype(int).tolist() for of in (number, size * number))
    return {
        "most": int(size[-1]),
        "top_tenth": round(_of_top_tenth(size[::-1], number[::-1]), 6),
        "counts": [
            {"from": 2**n, "to": 2 ** (n + 1) - 1, "number": of, "reviews": theirs[n]} for n, of in enumerate(who)
        ],
    }


def _of_top_tenth(size: np.ndarray, number: np.ndarray) -> float:
    """``number`` have ``size`` reviews each, the largest first."""
    tenth = max(1, int(number.sum()) // 10)
    before = np.cumsum(number) - number
    taken = np.clip(tenth - before, 0, number)
    return float((taken * size).sum() / (size * number).sum())


def _rounded(score: float) -> float:
    return round(float(score), 6)
