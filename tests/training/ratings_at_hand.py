"""Reviews with scores, written down or drawn from a model that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from dataset.item_features import ItemFeatures
from dataset.ratings import Ratings


def ratings(rows: list[tuple[int, int, float]], users: int, items: int) -> Ratings:
    """Rows of (user, item, score) with the names u00, u01, ... and i00, i01, ..."""
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    names = (
        np.array([f"{letter}{n:02}" for n in range(number)], dtype=object)
        for letter, number in (("u", users), ("i", items))
    )
    positions = (np.array(column, dtype=np.int32) for column in columns[:2])
    return Ratings(*positions, np.array(columns[2], dtype=np.float64), *names)


@st.composite
def drawn_ratings(draw: st.DrawFn, most_users: int = 6, most_items: int = 6, fewest: int = 1) -> Ratings:
    """Each (user, item) at most once; some users or items may have none."""
    users, items = draw(st.integers(2, most_users)), draw(st.integers(3, most_items))
    pair = st.tuples(st.integers(0, users - 1), st.integers(0, items - 1))
    pairs = draw(st.lists(pair, unique=True, min_size=fewest, max_size=users * items))
    scores = draw(st.lists(st.sampled_from([1.0, 2.5, 4.0, 5.0]), min_size=len(pairs), max_size=len(pairs)))
    return ratings([(*pair, score) for pair, score in zip(pairs, scores, strict=True)], users, items)


def low_rank(users: int, items: int, share: float, seed: int, noise: float = 0.3) -> Ratings:
    """Scores of a known kind: 3 + user bias + item bias + a product of one hidden factor each + noise.

    The factor has a standard deviation of 0.8 in the scores, so biases alone err by at least that and the noise.
    """
    random = np.random.default_rng(seed)
    user, item = np.nonzero(random.random((users, items)) < share)
    taste, kind = random.choice([-1.0, 1.0], users), random.choice([-0.8, 0.8], items)
    biases = random.normal(0, 0.4, users)[user] + random.normal(0, 0.4, items)[item]
    scores = 3 + biases + taste[user] * kind[item] + random.normal(0, noise, len(user))
    return ratings(list(zip(user.tolist(), item.tolist(), scores.tolist(), strict=True)), users, items)


def one_feature(codes: list[int], name: str = "style") -> ItemFeatures:
    return ItemFeatures({name: np.array(codes, dtype=np.int32)}, {name: max(codes) + 1})


def write(path: Path, reviews: Ratings) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    users = pa.array(reviews.user_names[reviews.users].tolist(), pa.string())
    items = pa.array(reviews.item_names[reviews.items].tolist(), pa.string())
    pq.write_table(pa.table({"user": users, "item": items, "score": pa.array(reviews.scores, pa.float64())}), path)
    return path


def halves(reviews: Ratings, share: float, seed: int) -> tuple[Ratings, Ratings]:
    """Train, and a ``share`` to test with."""
    held_out = np.random.default_rng(seed).random(len(reviews)) < share
    return reviews.where(~held_out), reviews.where(held_out)
