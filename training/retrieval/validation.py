"""The validation slice: reviews of train by which settings and epochs are chosen. The test set is never looked at.

Any model that is to be compared on equal terms is tuned on this same slice.
"""

from __future__ import annotations

import numpy as np

from dataset.histories import Histories
from dataset.interactions import Interactions
from evaluation.metrics import ndcg, recall
from evaluation.ranks import HeldOut, places
from retrieval.towers import Towers

SHARE = 0.1  # of a validated user's reviews
MOST_USERS = 5_000  # more users tell no more, and only cost time


def split_off(train: Interactions, seed: int) -> tuple[Interactions, Interactions]:
    """``train`` without the validation slice, and the slice; both know all names of ``train``.

    A tenth of the reviews of at most MOST_USERS users, drawn by ``seed``; the same rows for the same data and seed.
    The slice is empty where there are too few reviews to draw from.
    """
    random = np.random.default_rng([seed, 0x7A11DA7E])
    users = len(train.user_names)
    chosen = np.zeros(users, dtype=bool)
    chosen[random.permutation(users)[:MOST_USERS]] = True
    held_out = chosen[train.users] & (random.random(len(train)) < SHARE)
    return train.where(~held_out), train.where(held_out)


class Validator:
    """Scores towers on the validation slice. Rankings are exact, as in evaluation."""

    def __init__(self, kept: Histories, held_out: Interactions) -> None:
        """``kept``: what the validated model was trained on. Raises ValueError for an empty slice."""
        if not len(held_out):
            raise ValueError("there is no validation slice to score on")
        users, places = np.unique(held_out.users, return_inverse=True)
        order = np.lexsort((held_out.items, places))
        items, of_user = kept.of(users)
        self._asked = HeldOut(
            users=len(users),
            held_out=np.column_stack([places[order], held_out.items[order]]).astype(np.int64),
            seen=np.column_stack([of_user, items]).astype(np.int64),
        )
        self._histories = kept.matrix()[users]
        self._roots = np.sqrt(np.maximum(kept.lengths[users], 1)).astype(np.float32)[:, None]
        self._empty = kept.lengths[users] == 0

    def score(self, towers: Towers) -> float:
        """Geometric mean of NDCG@10, recall@100 and top-500 accuracy: the head of the list, its body and its reach.

        So a percent of one is worth a percent of another, whatever their sizes.
        """
        queries = (self._histories @ towers.history) / self._roots

        def block(start: int, stop: int) -> np.ndarray:
            scores = queries[start:stop] @ towers.items.T + towers.bias
            scores[self._empty[start:stop]] = towers.popularity
            return scores

        found = places(block, len(towers.items), self._asked)
        measured = (
            ndcg(self._asked, found.among_unseen),
            recall(self._asked, found.among_unseen, 100),
            recall(self._asked, found.among_all, 500),
        )
        return float(np.prod([values.mean() for values in measured]) ** (1 / len(measured)))
