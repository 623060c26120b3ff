"""Parts of the test set that are measured apart: popular and rare items, users with few and many reviews."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.metrics import recall, top_k_accuracy
from evaluation.ranks import HeldOut, Places

ITEM_SLICES = ("items_head", "items_mid", "items_tail", "items_unknown")
USER_SLICES = ("users_few_reviews", "users_many_reviews", "users_unknown")


@dataclass(frozen=True)
class Slices:
    """By name: which held-out pairs (bool [h]), and which users (bool [u])."""

    items: dict[str, np.ndarray]
    users: dict[str, np.ndarray]

    def sizes(self) -> dict[str, dict[str, int]]:
        pairs = {name: {"held_out": int(pairs.sum())} for name, pairs in self.items.items()}
        return pairs | {name: {"users": int(users.sum())} for name, users in self.users.items()}


def slices_of(asked: HeldOut, counts: np.ndarray, known: np.ndarray) -> Slices:
    """``counts`` [n]: train reviews of the catalogue's items; ``known`` bool [u]: whether the user occurs in train."""
    return Slices(item_slices(asked, counts), user_slices(asked, known))


def item_slices(asked: HeldOut, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Held-out pairs [h] of each slice. ``counts`` [n]: train reviews of the catalogue's items.

    From the most reviewed down, head, mid and tail are the items with a third of all train reviews each; unknown are
    those that the catalogue does not have.
    """
    of_pair = np.append(thirds(counts), 3)[asked.held_out[:, 1]]  # -1, not in the catalogue, takes the last
    return {name: of_pair == number for number, name in enumerate(ITEM_SLICES)}


def thirds(counts: np.ndarray) -> np.ndarray:
    """0, 1 or 2 for each item [n]: the most reviewed that have a third of all ``counts`` [n], the next, the others."""
    order = np.argsort(-counts, kind="stable")
    before = np.empty(len(counts))
    before[order] = np.cumsum(counts[order]) - counts[order]
    return np.minimum(3 * before // max(counts.sum(), 1), 2)


def user_slices(asked: HeldOut, known: np.ndarray) -> dict[str, np.ndarray]:
    """Users [u] of each slice: known ones with at most the median number of train reviews, with more, unknown ones.

    ``known`` bool [u]: whether the user occurs in train.
    """
    numbers = np.bincount(asked.seen[:, 0], minlength=asked.users)
    few = numbers <= (np.median(numbers[known]) if known.any() else 0)
    return dict(zip(USER_SLICES, (known & few, known & ~few, ~known), strict=True))


def of_items(asked: HeldOut, places: Places, pairs: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Metrics per user [u] over the held-out ``pairs`` (bool [h]) alone, NaN for a user without any."""
    within = HeldOut(asked.users, asked.held_out[pairs], asked.seen)
    found = Places(places.among_all[pairs], places.among_unseen[pairs], places.shown)
    with np.errstate(invalid="ignore"):
        recalls = {f"recall_at_{n}": recall(within, found.among_unseen, n) for n in (10, 100, 500)}
        return {"accuracy": top_k_accuracy(within, found, k)} | recalls


def of_users(values: dict[str, np.ndarray], users: np.ndarray) -> dict[str, np.ndarray]:
    """``values`` per user [u], NaN for those not in ``users`` (bool [u])."""
    return {name: np.where(users, value, np.nan) for name, value in values.items()}
