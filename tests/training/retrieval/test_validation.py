"""The validation slice, and the score on it against the metrics of evaluation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.histories import histories_of
from evaluation.metrics import ndcg, recall
from retrieval.towers import Towers
from retrieval.validation import MOST_USERS, SHARE, Validator, split_off
from tests.training.asked import held_out, obvious_places
from tests.training.reviews_at_hand import drawn_reviews, interactions


def pairs(reviews):
    return list(zip(reviews.users.tolist(), reviews.items.tolist(), strict=True))


@settings(derandomize=True, deadline=None, max_examples=80)
@given(drawn_reviews(), st.integers(0, 2**32 - 1))
def test_the_slice_and_the_rest_are_a_partition(reviews, seed):
    kept, slice_ = split_off(reviews, seed)
    assert sorted(pairs(kept) + pairs(slice_)) == sorted(pairs(reviews))
    assert pairs(split_off(reviews, seed)[1]) == pairs(slice_)
    for part in (kept, slice_):
        assert part.user_names is reviews.user_names
        assert part.item_names is reviews.item_names


def test_a_tenth_is_set_aside_and_another_seed_sets_another_aside():
    reviews = interactions([(user, item) for user in range(100) for item in range(100)], 100, 100)
    one, other = split_off(reviews, 1)[1], split_off(reviews, 2)[1]
    assert len(one) == pytest.approx(SHARE * 10_000, abs=5 * (10_000 * SHARE * (1 - SHARE)) ** 0.5)
    assert pairs(one) != pairs(other)


def test_no_more_users_are_validated_than_needed():
    users = MOST_USERS + 3000
    reviews = interactions([(user, item) for user in range(users) for item in range(20)], users, 20)
    slice_ = split_off(reviews, 1)[1]
    assert MOST_USERS * 0.8 < len(np.unique(slice_.users)) <= MOST_USERS  # of 20 reviews 0.9^20 have none set aside


@pytest.fixture
def validated():
    """30 users, 200 items, towers of noise; user 0's reviews are all set aside."""
    random = np.random.default_rng(5)
    rows = np.argwhere(random.random((30, 200)) < 0.1)
    apart = (random.random(len(rows)) < 0.3) | (rows[:, 0] == 0)
    kept, slice_ = (interactions(rows[which].tolist(), 30, 200) for which in (~apart, apart))
    parts = [random.normal(size=size).astype(np.float32) for size in ((200, 4), (200, 4), 200, 200)]
    return histories_of(kept), slice_, Towers(*parts)


def test_the_score_is_the_mean_of_the_evaluations_metrics(validated):
    histories, slice_, towers = validated
    scores = np.empty((30, 200), dtype=np.float32)
    for user in range(30):
        items = histories.items[histories.splits[user] : histories.splits[user + 1]]
        query = towers.history[items].sum(axis=0) / np.sqrt(max(len(items), 1))
        scores[user] = query @ towers.items.T + towers.bias if len(items) else towers.popularity
    seen = [(user, item) for user, item in np.argwhere(histories.matrix().toarray() > 0).tolist()]
    asked = held_out(30, sorted(pairs(slice_)), seen)
    assert len(set(asked.held_out[:, 0].tolist())) == 30
    among_all, among_unseen, _ = (np.array(part) for part in obvious_places(scores, asked, 1))
    parts = [ndcg(asked, among_unseen, 10), recall(asked, among_unseen, 100), recall(asked, among_all, 500)]
    expected = np.prod([part.mean() for part in parts]) ** (1 / 3)
    assert Validator(histories, slice_).score(towers) == pytest.approx(expected, rel=1e-6)


def test_the_order_of_the_slice_does_not_matter(validated):
    histories, slice_, towers = validated
    shuffled = slice_.where(np.random.default_rng(1).permutation(len(slice_)))
    assert Validator(histories, shuffled).score(towers) == Validator(histories, slice_).score(towers)


def test_towers_that_know_the_answer_reach_one():
    """Each of 20 users reviewed two items of their own, one of which is set aside: items point at each other."""
    kept = histories_of(interactions([(user, 2 * user) for user in range(20)], 20, 40))
    slice_ = interactions([(user, 2 * user + 1) for user in range(20)], 20, 40)
    own = np.repeat(np.eye(20, dtype=np.float32), 2, axis=0)
    nothing = np.zeros(40, dtype=np.float32)
    assert Validator(kept, slice_).score(Towers(own, own, nothing, nothing)) == pytest.approx(1.0)
    assert Validator(kept, slice_).score(Towers(own, -own, nothing, nothing)) == 0.0  # none in the first ten


def test_an_empty_slice_is_refused():
    with pytest.raises(ValueError, match="no validation slice"):
        Validator(histories_of(interactions([(0, 0)], 1, 1)), interactions([], 1, 1))
