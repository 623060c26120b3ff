"""Retrieval metrics from the places of held-out items, and their means with confidence intervals.

    top_k_accuracy     held-out items found among the user's k best, reviewed items ranked too, / held-out items
    recall_at_n        the same with reviewed items left out, among the n best
    ndcg_at_10         sum of 1/log2(2 + place) of those found in the 10 best / the most that could be reached
    mrr                1 / (1 + place) of the best held-out item in the whole catalogue; 0 if the model knows none
    catalogue_coverage share of the catalogue that stands among some user's 10 best

All but top_k_accuracy leave out what the user reviewed in train. A held-out item that the model does not know is a
miss everywhere.
"""

from __future__ import annotations

import numpy as np
from ranks import UNKNOWN, HeldOut, Places

RECALLS = (10, 50, 100, 500)
SHOWN = 10  # length of the list for NDCG and coverage
RESAMPLES = 1000
FEWEST_RESAMPLES = 200
DRAWS = 2**24  # users x resamples, about: many users, whose intervals are narrow, are drawn less often
COVERAGE_RESAMPLES = 100
WEIGHTS_AT_A_TIME = 2**22  # users x resamples: 32 MB
LEVEL = 0.95

Interval = dict[str, float]


def top_k_accuracy(asked: HeldOut, places: Places, k: int) -> np.ndarray:
    """Per user [u]; every user has held-out items."""
    return recall(asked, places.among_all, k)


def recall(asked: HeldOut, found: np.ndarray, n: int) -> np.ndarray:
    """Per user [u]: share of the held-out items whose place ``found`` [h] is below ``n``."""
    return asked.per_user(found < n) / asked.per_user(np.ones(len(found)))


def ndcg(asked: HeldOut, found: np.ndarray, n: int = SHOWN) -> np.ndarray:
    """Per user [u]."""
    gains = 1.0 / np.log2(np.arange(2, n + 2))
    gained = asked.per_user(np.where(found < n, gains[np.minimum(found, n - 1)], 0.0))
    number = asked.per_user(np.ones(len(found))).astype(int)
    # A perfect list's two sums are added in different orders: the last bit may lie above 1.
    return np.minimum(gained / np.cumsum(gains)[np.minimum(number, n) - 1], 1.0)


def mrr(asked: HeldOut, found: np.ndarray) -> np.ndarray:
    """Per user [u]."""
    first = np.full(asked.users, UNKNOWN, dtype=np.int64)
    np.minimum.at(first, asked.held_out[:, 0], found)
    return np.where(first < UNKNOWN, 1.0 / (1.0 + first), 0.0)


def per_user(asked: HeldOut, places: Places) -> dict[str, np.ndarray]:
    """Metrics that are means over users: name -> value per user [u]."""
    unseen = places.among_unseen
    values = {f"recall_at_{n}": recall(asked, unseen, n) for n in RECALLS}
    return values | {"ndcg_at_10": ndcg(asked, unseen), "mrr": mrr(asked, unseen)}


def intervals(values: dict[str, np.ndarray], seed: int, resamples: int | None = None) -> dict[str, Interval]:
    """Means of values per user [u], NaN where a user has none, as {"value", "lower", "upper"}.

    95 % bootstrap intervals: users are drawn anew, the same ones for all values, so these can be compared.
    """
    matrix = np.column_stack(list(values.values()))
    has = ~np.isnan(matrix)
    columns = np.hstack([np.where(has, matrix, 0.0), has]).astype(np.float32)  # enough for an interval's ends
    random = np.random.default_rng(seed)
    users, number = len(matrix), matrix.shape[1]
    resamples = resamples or min(max(DRAWS // users, FEWEST_RESAMPLES), RESAMPLES)
    batch = max(1, min(resamples, WEIGHTS_AT_A_TIME // users))
    sums = np.concatenate(
        [
            np.stack([_drawn(random, users) for _ in range(min(batch, resamples - done))]).astype(np.float32) @ columns
            for done in range(0, resamples, batch)
        ]
    )
    # a resample may draw nobody of a small slice
    means = sums[:, :number] / np.where(sums[:, number:] > 0, sums[:, number:], np.nan)
    told = {}
    for place, name in enumerate(values):
        drawn = means[:, place][~np.isnan(means[:, place])]
        lower, upper = np.quantile(drawn, _tails()) if len(drawn) else (0.0, 1.0)
        told[name] = _interval(float(matrix[has[:, place], place].mean()), float(lower), float(upper))
    return told


def coverage(shown: np.ndarray, catalogue: int, seed: int, resamples: int = COVERAGE_RESAMPLES) -> Interval:
    """``shown`` int [u, n]: items in the users' lists, -1 for none.

    Fewer distinct users than there are cover less of a catalogue, so the interval is moved to lie around the value:
    only its width comes from the resamples.
    """
    random = np.random.default_rng(seed)
    value = _covered(shown, catalogue) / catalogue
    drawn = [_covered(shown[_drawn(random, len(shown)) > 0], catalogue) / catalogue for _ in range(resamples)]
    lower, upper = np.quantile(drawn, _tails()) - np.mean(drawn) + value
    return _interval(value, float(lower), float(upper))


def _drawn(random: np.random.Generator, users: int) -> np.ndarray:
    """How often each user is drawn in one resample."""
    return np.bincount(random.integers(0, users, size=users, dtype=np.int32), minlength=users)


def _tails() -> list[float]:
    return [(1 - LEVEL) / 2, (1 + LEVEL) / 2]


def _interval(value: float, lower: float, upper: float) -> Interval:
    return {"value": value, "lower": max(0.0, min(lower, value)), "upper": min(1.0, max(upper, value))}


def _covered(shown: np.ndarray, catalogue: int) -> int:
    flags = np.zeros(catalogue + 1, dtype=bool)
    flags[shown.ravel()] = True  # -1 is the extra last one
    return int(flags[:catalogue].sum())
