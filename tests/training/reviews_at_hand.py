"""Reviews in memory, written down or drawn, and reviews whose right recommendation is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from dataset.interactions import Interactions


def interactions(rows: list[tuple[int, int]], users: int, items: int) -> Interactions:
    """Rows of (user, item) with the names u0, u1, ... and i0, i1, ..."""
    pairs = np.array(rows, dtype=np.int32).reshape(-1, 2)
    names = (
        np.array([f"{letter}{n}" for n in range(number)], dtype=object)
        for letter, number in (("u", users), ("i", items))
    )
    return Interactions(pairs[:, 0], pairs[:, 1], *names)


@st.composite
def drawn_reviews(draw: st.DrawFn, most_users: int = 8, most_items: int = 8) -> Interactions:
    """Each (user, item) at most once, in any order; some users or items may have none."""
    users, items = draw(st.integers(1, most_users)), draw(st.integers(1, most_items))
    pair = st.tuples(st.integers(0, users - 1), st.integers(0, items - 1))
    return interactions(draw(st.lists(pair, unique=True, max_size=40)), users, items)


def two_tastes(users: int = 80, items: int = 40, share: float = 0.4, seed: int = 1) -> list[tuple[str, str]]:
    """(user, item) of two groups of users, a and b, who review items of their own group alone, each with ``share``.

    Names tell the group: a007 reviews a-12. Both groups' items are equally popular, so only who reviewed what tells
    which unseen item is right.
    """
    random = np.random.default_rng(seed)
    reviewed = random.random((users, items // 2)) < share
    reviewed[np.arange(users), np.arange(users) % (items // 2)] = True  # nobody and nothing is left without
    group = ["ab"[user % 2] for user in range(users)]
    return [(f"{group[user]}{user:03}", f"{group[user]}-{item:02}") for user, item in np.argwhere(reviewed).tolist()]


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    users, items = ([row[column] for row in rows] for column in (0, 1))
    pq.write_table(pa.table({"user": pa.array(users, pa.string()), "item": pa.array(items, pa.string())}), path)
    return path
