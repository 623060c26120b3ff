"""Training batches: histories cut in two at random, one part to ask with and one part to predict.

A batch is made from the seed, the epoch and its number alone, so a resumed training sees what it would have seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dataset.histories import Histories

ASKED_SHARE = 0.5  # of a history that is asked with: dropout on the history
WHOLE_CATALOGUE = 20_000  # items up to which every item is a candidate of every batch
UNIFORM_NEGATIVES = 4_096  # beyond that: candidates drawn uniformly, beside the batch's own targets
MOST_TARGETS = 8_192  # of a batch, beyond that: their distinct items are candidates
STEPS = 45  # of an epoch, about: enough for Adam to move, few enough to be quick


@dataclass(frozen=True)
class Batch:
    """Of b users: items asked with [e] and to predict [t], each with its user's place [e], [t] (all int32).

    ``targets`` are places in ``candidates`` [m], distinct items in rising order. ``probability`` float32 [m] is each
    candidate's chance to be one, 1 where the whole catalogue is.
    """

    users: int
    asked: np.ndarray
    asked_users: np.ndarray
    targets: np.ndarray
    target_users: np.ndarray
    candidates: np.ndarray
    probability: np.ndarray


def batch_size(users: int, wanted: int | None) -> int:
    """Users of a batch: as ``wanted``, or by their number; at most ``users``."""
    return min(wanted or int(np.clip(2 ** round(np.log2(max(users / STEPS, 1))), 64, 1024)), users)


def batches(histories: Histories, size: int, seed: int, epoch: int) -> Iterator[Batch]:
    """One epoch: every user once, in an order of this epoch."""
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(histories))
    candidates = Candidates(histories)
    for start in range(0, len(order), size):
        users = order[start : start + size]
        items, places = histories.of(users)
        asked = random.random(len(items)) < ASKED_SHARE
        drawn, probability = candidates.of(items[~asked], random)
        targets, target_users = _found(items[~asked], places[~asked], drawn)
        yield Batch(len(users), items[asked], places[asked], targets, target_users, drawn, probability)


class Candidates:
    """The items that a batch's softmax runs over."""

    def __init__(self, histories: Histories) -> None:
        self.catalogue = histories.catalogue
        counts = histories.item_counts
        self.share = counts / max(counts.sum(), 1)
        self.whole = np.arange(self.catalogue, dtype=np.int32)

    def of(self, targets: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Candidates int32 [m] and their chances float32 [m].

        Beyond WHOLE_CATALOGUE items: the distinct ones of the targets (of MOST_TARGETS drawn, if there are more) and of
        UNIFORM_NEGATIVES drawn uniformly. An item is a candidate once, however often it is drawn, so no candidate is an
        accidental copy of a target.
        """
        if self.catalogue <= WHOLE_CATALOGUE:
            return self.whole, np.ones(self.catalogue, dtype=np.float32)
        drawn = targets if len(targets) <= MOST_TARGETS else random.choice(targets, MOST_TARGETS, replace=False)
        uniform = random.integers(0, self.catalogue, UNIFORM_NEGATIVES)
        candidates = np.union1d(drawn, uniform).astype(np.int32)
        missed = (1 - self.share[candidates]) ** len(drawn) * (1 - 1 / self.catalogue) ** UNIFORM_NEGATIVES
        return candidates, (1 - missed).astype(np.float32)


def _found(items: np.ndarray, users: np.ndarray, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of ``items`` among ``candidates``, without those that are none."""
    places = np.minimum(np.searchsorted(candidates, items), len(candidates) - 1).astype(np.int32)
    found = candidates[places] == items
    return places[found], users[found]
