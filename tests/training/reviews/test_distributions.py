"""Scores put together for a chart: no review is lost, and a span holds what lies in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.distributions import score_counts, scores_given
from reviews.write_reviews import Written


def written(scores):
    return Written(np.zeros(0, int), *(np.array(part) for part in zip(*scores, strict=True)))


def test_scores_of_both_sides_are_put_together():
    train, test = written([(4.0, 2), (1.5, 3), (4.0, 5)]), written([(5.0, 1), (1.5, 2)])
    found = scores_given(train, test)
    assert found.score.tolist() == [1.5, 4.0, 5.0]
    assert found.reviews.tolist() == [5, 7, 1]
    assert found.tested.tolist() == [2, 0, 1]


def test_many_scores_are_put_into_spans_of_equal_width():
    score = np.arange(41) / 4  # 0 to 10 in quarters: spans of a half
    told = score_counts(score, np.full(41, 3), np.ones(41, dtype=int))
    assert len(told) == 20
    assert told[0] == {"from": 0.0, "to": 0.5, "train": 4, "test": 2}  # 0 and 0.25
    assert told[-1] == {"from": 9.5, "to": 10.0, "train": 6, "test": 3}  # 9.5, 9.75 and 10


@pytest.mark.parametrize("number", [0, 1, 21])
def test_few_scores_are_counted_each(number):
    score = np.linspace(1, 5, number)
    told = score_counts(score, np.arange(number) + 1, np.arange(number))
    assert [(one["train"], one["test"]) for one in told] == [(1, n) for n in range(number)]
    assert all(one["from"] == one["to"] for one in told)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sets(st.floats(-1e9, 1e9), max_size=80), st.randoms(use_true_random=False))
def test_every_review_is_counted_once(scores, random):
    score = np.array(sorted(scores), dtype=float)
    drawn = [(of := random.randint(1, 9), random.randint(0, of)) for _ in score]
    number, tested = np.array(drawn, dtype=int).reshape(-1, 2).T
    told = score_counts(score, number, tested)
    assert sum(one["train"] + one["test"] for one in told) == number.sum()
    assert sum(one["test"] for one in told) == tested.sum()
