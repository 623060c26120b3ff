"""Rankings in blocks against the obvious way: sort each user's items, count."""

from __future__ import annotations

import numpy as np
import pytest
from ranking import HeldOut, rank

pytestmark = pytest.mark.slow  # top_k is TensorFlow's


class Table:
    """A scorer that looks its answers up."""

    def __init__(self, scores):
        self.scores = scores
        self.items = np.array([f"i{n}" for n in range(scores.shape[1])], dtype=object)

    def score(self, users):
        return self.scores[[int(user) for user in users]]


def asked(users, held_out, seen):
    return HeldOut(np.array([str(n) for n in range(users)], dtype=object), np.array(held_out), np.array(seen))


def test_places_worked_out_by_hand():
    """User 0's order: items 1, 2 (equal, lower place first), 0, 3. Item 1 was seen; 0 and an unknown were held out."""
    scores = np.array([[0.5, 0.9, 0.9, 0.1], [1, 2, 3, 4]], dtype=np.float32)
    held_out, seen = [[0, 0], [0, -1], [1, 0]], [[-1, 3], [0, 1]]
    found = rank(Table(scores), asked(2, held_out, seen), k=2, depth=3, shown=4)
    assert found.found.tolist() == [0, 0]
    assert found.hits.tolist() == [[False, True, False], [False, False, False]]
    assert found.first.tolist() == [2, 4]
    assert found.shown.tolist() == [[2, 0, 3], [3, 2, 1]]


def test_a_list_never_shows_what_the_user_has_seen():
    scores = np.array([[1, 2, 3]], dtype=np.float32)
    found = rank(Table(scores), asked(1, [[0, 1]], [[0, 0], [0, 2]]), k=3, depth=3, shown=3)
    assert found.shown.tolist() == [[1, -1, -1]]
    assert found.found.tolist() == [1]


def test_a_user_whose_items_are_all_unknown_has_no_first_place():
    scores = np.array([[1, 2, 3]], dtype=np.float32)
    found = rank(Table(scores), asked(1, [[0, -1]], np.empty((0, 2), int)), k=3, depth=3, shown=1)
    assert found.first.tolist() == [0]
    assert found.hits.sum() == 0


def test_any_block_size_gives_what_sorting_gives():
    random = np.random.default_rng(5)
    users, items, k = 37, 50, 7
    scores = random.integers(0, 12, size=(users, items)).astype(np.float32)  # many equal scores
    kind = random.choice(3, p=[0.6, 0.1, 0.3], size=(users, items))  # 0 neither, 1 held out, 2 seen
    kind[:, 0] = 1
    question = asked(users, np.argwhere(kind == 1), np.argwhere(kind == 2))
    results = [rank(Table(scores), question, k, 20, 5, block_cells=cells) for cells in (1, 3 * items, 10**6)]
    for user in range(users):
        ordered = sorted(range(items), key=lambda item, user=user: (-scores[user, item], item))
        unseen = [item for item in ordered if kind[user, item] != 2]
        hits = [kind[user, item] == 1 for item in unseen]
        for result in results:
            assert result.found[user] == sum(kind[user, item] == 1 for item in ordered[:k])
            assert result.hits[user].tolist() == hits[:20]
            assert result.first[user] == hits.index(True) + 1
            assert result.shown[user].tolist() == unseen[:5]
