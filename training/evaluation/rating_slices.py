"""Parts of the held-out reviews whose errors are measured apart, by item and by user, as retrieval's are."""

from __future__ import annotations

import numpy as np

from dataset.ratings import UNKNOWN, Ratings
from evaluation.slices import ITEM_SLICES, USER_SLICES, thirds


def item_slices(test: Ratings, train: Ratings) -> dict[str, np.ndarray]:
    """Rows of ``test`` (bool [n]), which has the positions of ``train``, in each slice.

    From the most reviewed down, head, mid and tail are the items with a third of all train reviews each; unknown are
    those that have none.
    """
    counts = np.bincount(train.items, minlength=len(train.item_names))
    of_row = np.append(thirds(counts), 3)[test.items]  # UNKNOWN takes the last
    return {name: of_row == number for number, name in enumerate(ITEM_SLICES)}


def user_slices(test: Ratings, train: Ratings) -> dict[str, np.ndarray]:
    """Rows of ``test``, as above, by their user: at most the median number of train reviews, more, none at all.

    The median is over the users of ``test`` that have reviews in ``train``.
    """
    counts = np.bincount(train.users, minlength=len(train.user_names))
    known = test.users != UNKNOWN
    users = np.unique(test.users[known])
    few = np.append(counts, 0)[test.users] <= (np.median(counts[users]) if len(users) else 0)
    return dict(zip(USER_SLICES, (known & few, known & ~few, ~known), strict=True))
