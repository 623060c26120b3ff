"""Retrieval metrics of each user, and their means with confidence intervals.

    top_k_accuracy     held-out items found among the user's k best, seen items ranked too, / held-out items
    recall_at_n        the same with seen items left out, among the n best
    ndcg_at_10         sum of 1/log2(1 + place) of those found in the 10 best / the most that could be reached
    mrr                1 / place of the best held-out item in the whole catalogue; 0 if the model knows none
    catalogue_coverage share of the catalogue that stands among some user's 10 best

All but top_k_accuracy leave out what the user reviewed in train. A held-out item that the model does not know is a
miss everywhere.
"""

from __future__ import annotations

import numpy as np
from ranking import Rankings

RECALLS = (10, 50, 100, 500)
SHOWN = 10  # length of the list for NDCG and coverage
RESAMPLES = 1000
LEVEL = 0.95


def top_k_accuracy(rankings: Rankings, held_out: np.ndarray) -> np.ndarray:
    """Per user [u]; ``held_out`` [u]: number of held-out items."""
    return rankings.found / held_out


def per_user(rankings: Rankings, held_out: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics that are means over users: name -> value per user [u]."""
    values = {f"recall_at_{n}": rankings.hits[:, :n].sum(axis=1) / held_out for n in RECALLS}
    top = rankings.hits[:, :SHOWN]
    gains = 1.0 / np.log2(np.arange(2, SHOWN + 2))
    most = np.cumsum(gains)[np.minimum(held_out, SHOWN) - 1]
    # A perfect list's two sums are added in different orders: the last bit may lie above 1.
    values["ndcg_at_10"] = np.minimum(top @ gains[: top.shape[1]] / most, 1.0)
    values["mrr"] = np.where(rankings.first > 0, 1.0 / np.maximum(rankings.first, 1), 0.0)
    return values


def coverage(shown: np.ndarray, catalogue: int) -> float:
    """``shown`` int [u, n]: items in the users' lists, -1 for none."""
    return float(_covered(shown, catalogue)) / catalogue


def with_intervals(
    rankings: Rankings, held_out: np.ndarray, catalogue: int, seed: int, resamples: int = RESAMPLES
) -> dict[str, dict[str, float]]:
    """Every metric as {"value", "lower", "upper"}: 95 % bootstrap interval, users drawn with replacement.

    Fewer distinct users than there are cover less of a catalogue, so coverage's interval is moved to lie around the
    value: only its width comes from the resamples.
    """
    values = per_user(rankings, held_out)
    matrix = np.column_stack(list(values.values()))
    users = len(matrix)
    random = np.random.default_rng(seed)
    means, covered = np.empty((resamples, matrix.shape[1])), np.empty(resamples)
    for round_ in range(resamples):
        drawn = np.bincount(random.integers(0, users, size=users), minlength=users)
        means[round_] = drawn @ matrix / users
        covered[round_] = _covered(rankings.shown[drawn > 0], catalogue) / catalogue
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    result = {}
    for name, column, resampled in zip(values, matrix.T, means.T, strict=True):
        result[name] = _interval(float(column.mean()), *np.quantile(resampled, tails))
    value = coverage(rankings.shown, catalogue)
    result["catalogue_coverage"] = _interval(value, *(np.quantile(covered, tails) - covered.mean() + value))
    return result


def _interval(value: float, lower: float, upper: float) -> dict[str, float]:
    return {"value": value, "lower": float(max(0.0, min(lower, value))), "upper": float(min(1.0, max(upper, value)))}


def _covered(shown: np.ndarray, catalogue: int) -> int:
    flags = np.zeros(catalogue + 1, dtype=bool)
    flags[shown.ravel()] = True  # -1 is the extra last one
    return int(flags[:catalogue].sum())
