"""Questions for evaluation, written down or drawn, and the slow obvious answers to them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from evaluation.ranks import UNKNOWN, HeldOut


def pairs(*rows: tuple[int, int]) -> np.ndarray:
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def held_out(users: int, asked: list[tuple[int, int]], seen: list[tuple[int, int]] = ()) -> HeldOut:
    return HeldOut(users, pairs(*asked), pairs(*seen))


@st.composite
def questions(draw: st.DrawFn, most_users: int = 6, most_items: int = 12) -> tuple[HeldOut, int]:
    """What is asked of up to ``most_users``, and the size of the catalogue. Every user has a held-out item."""
    users, items = draw(st.integers(1, most_users)), draw(st.integers(1, most_items))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seen = random.random((users, items)) < draw(st.sampled_from([0.0, 0.3, 0.9, 1.0]))
    unknown_share = draw(st.sampled_from([0.0, 0.3]))
    asked = []
    for user in range(users):
        # An item may be asked for twice, and may have been seen: no rule forbids it here.
        drawn = random.integers(0, items, size=random.integers(1, 4))
        asked += [(user, -1 if random.random() < unknown_share else int(item)) for item in drawn]
    return HeldOut(users, pairs(*asked), np.argwhere(seen).astype(np.int64)), items


def obvious_places(scores: np.ndarray, asked: HeldOut, shown: int) -> tuple[list[int], list[int], list[list[int]]]:
    """Sort each user's items by falling score, then by place in the catalogue, and count."""
    among_all, among_unseen, lists = [], [], []
    seen = {(int(user), int(item)) for user, item in asked.seen}
    orders = [sorted(range(scores.shape[1]), key=lambda item, row=row: (-row[item], item)) for row in scores]
    for user, item in asked.held_out.tolist():
        if item < 0:
            among_all.append(UNKNOWN)
            among_unseen.append(UNKNOWN)
            continue
        before = orders[user][: orders[user].index(item)]
        among_all.append(len(before))
        among_unseen.append(sum((user, other) not in seen for other in before))
    for user, order in enumerate(orders):
        best = [item for item in order if (user, item) not in seen][:shown]
        lists.append(best + [-1] * (shown - len(best)))
    return among_all, among_unseen, lists
