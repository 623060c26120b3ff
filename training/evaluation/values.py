"""Every number that an evaluation averages, per user: whose it is, of which part of the test set, which metric."""

from __future__ import annotations

import numpy as np

from evaluation.metrics import per_user, top_k_accuracy
from evaluation.ranks import HeldOut, Places
from evaluation.slices import Slices, of_items, of_users

WHOLE = ""  # the part that is the whole test set
SLICED = ("model", "champion")  # who is measured by slice too
COMPARED = ("popularity", "champion")  # whom the model is compared with

Key = tuple[str | tuple[str, str], str, str]  # owner, or (owner, whom it is compared with); part; metric


def per_user_values(asked: HeldOut, by: dict[str, Places], slices: Slices, k: int) -> dict[Key, np.ndarray]:
    """[u] each, NaN for users whom a slice lacks. ``by``: places of the same held-out pairs, by owner."""
    values: dict[Key, np.ndarray] = {}
    for owner, found in by.items():
        own = {"accuracy": top_k_accuracy(asked, found, k)} | per_user(asked, found)
        values |= {(owner, WHOLE, metric): value for metric, value in own.items()}
        if owner not in SLICED:
            continue
        for part, pairs in slices.items.items():
            if pairs.any():
                values |= {(owner, part, metric): value for metric, value in of_items(asked, found, pairs, k).items()}
        for part, users in slices.users.items():
            if users.any():
                values |= {(owner, part, metric): value for metric, value in of_users(own, users).items()}
    return values


def differences(values: dict[Key, np.ndarray]) -> dict[Key, np.ndarray]:
    """The model's values minus those of each it is compared with, per user [u]."""
    return {
        (("model", other), WHOLE, metric): value - values[other, WHOLE, metric]
        for (owner, part, metric), value in values.items()
        for other in COMPARED
        if owner == "model" and part == WHOLE and (other, WHOLE, metric) in values
    }
