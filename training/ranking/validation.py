"""The reviews of train by which the ranking model chooses its epochs. The test set is never looked at.

Nothing is fitted to them: were they in the tables that the other reviews' inputs come from, the network would learn
their scores by the back door. Any model that is to be compared on equal terms is tuned on these same reviews.
"""

from __future__ import annotations

import numpy as np

from dataset.ratings import Ratings

SHARE = 0.1
MOST = 200_000


def set_aside(ratings: Ratings, seed: int) -> tuple[Ratings, Ratings]:
    """To learn from, and to validate on: SHARE of the reviews, at most MOST, drawn by ``seed``. Both keep all names."""
    number = min(int(SHARE * len(ratings)), MOST)
    order = np.random.default_rng([seed, 0xA51DE]).permutation(len(ratings))
    return ratings.where(np.sort(order[number:])), ratings.where(np.sort(order[:number]))
