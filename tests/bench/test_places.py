"""The search's metrics, by hand and beside the project's evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from bench.places import METRICS, measure, places
from bench.quality import metrics_of
from bench.training_room import evaluate
from tests.bench.reviews import drawn, interactions


class Fixed:
    def __init__(self, names, items, scores):
        self.items, self._scores = items, dict(zip(names, np.asarray(scores, dtype=np.float32), strict=True))

    def score(self, users):
        return np.stack([self._scores[user] for user in users])


def test_equal_scores_are_placed_in_the_order_of_the_catalogue():
    scores = np.array([[1, 3, 3, 2]], dtype=np.float32)
    assert places(scores, np.zeros(4, int), np.arange(4)).tolist() == [4, 1, 2, 3]


def test_two_users_by_hand():
    train = interactions([(0, 0), (1, 1)], users=2, items=4)
    held_out = interactions([(0, 1), (0, 3), (1, 2)], users=2, items=4)
    # u0: i0 (seen) > i1 (held out) > i2 > i3 (held out); u1: i1 (seen) > i0 > i3 > i2 (held out)
    scorer = Fixed(train.user_names, train.item_names, [[9, 8, 7, 6], [8, 9, 6, 7]])
    metrics = measure(scorer, train, held_out, k=2)
    assert metrics["accuracy"] == pytest.approx((1 / 2 + 0) / 2)  # among the two best, seen ones ranked
    assert metrics["recall_at_10"] == 1
    first, third = 1 / np.log2(2), 1 / np.log2(4)
    assert metrics["ndcg_at_10"] == pytest.approx(((first + third) / (first + 1 / np.log2(3)) + third / first) / 2)


@pytest.mark.slow
def test_they_equal_the_project_s_evaluation():
    every = drawn(60, 300, share=0.2, seed=3)
    random = np.random.default_rng(4)
    side = random.random(len(every)) < 0.2
    train, held_out = every.where(~side), every.where(side)
    # few different scores, so that many are equal
    scorer = Fixed(every.user_names, every.item_names, random.integers(0, 40, size=(60, 300)))
    expected = metrics_of(evaluate(scorer, train, held_out, 50, 0))
    measured = measure(scorer, train, held_out, k=50)
    assert {name: measured[name] for name in METRICS} == pytest.approx(expected, abs=1e-9)
