"""Retrieval metrics from the places of held-out items.

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

from evaluation.ranks import UNKNOWN, HeldOut, Places

RECALLS = (10, 50, 100, 500)
SHOWN = 10  # length of the list for NDCG and coverage


def top_k_accuracy(asked: HeldOut, places: Places, k: int) -> np.ndarray:
    """Per user [u]; every user has held-out items."""
    return recall(asked, places.among_all, k)


def recall(asked: HeldOut, found: np.ndarray, n: int) -> np.ndarray:
    """Per user [u]: share of the held-out items whose place ``found`` [h] is below ``n``."""
    return asked.per_user(found < n) / asked.numbers


def ndcg(asked: HeldOut, found: np.ndarray, n: int = SHOWN) -> np.ndarray:
    """Per user [u]."""
    gains = 1.0 / np.log2(np.arange(2, n + 2))
    gained = asked.per_user(np.where(found < n, gains[np.minimum(found, n - 1)], 0.0))
    # A perfect list's two sums are added in different orders: the last bit may lie above 1.
    return np.minimum(gained / np.cumsum(gains)[np.minimum(asked.numbers, n) - 1], 1.0)


def mrr(asked: HeldOut, found: np.ndarray) -> np.ndarray:
    """Per user [u]."""
    first = np.minimum.reduceat(found, np.cumsum(asked.numbers) - asked.numbers)
    return np.where(first < UNKNOWN, 1.0 / (1.0 + first), 0.0)


def per_user(asked: HeldOut, places: Places) -> dict[str, np.ndarray]:
    """Metrics that are means over users: name -> value per user [u]."""
    unseen = places.among_unseen
    values = {f"recall_at_{n}": recall(asked, unseen, n) for n in RECALLS}
    return values | {"ndcg_at_10": ndcg(asked, unseen), "mrr": mrr(asked, unseen)}
