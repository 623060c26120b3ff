"""Parts of the test set: every held-out pair belongs to one slice of items, every user to one of users."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.ranks import Places
from evaluation.slices import item_slices, of_items, of_users, slices_of, user_slices
from tests.training.asked import held_out, questions


def test_head_mid_and_tail_have_a_third_of_the_train_reviews_each():
    """12 reviews: item 2 has the first 4, items 0 and 3 the next 4, the others the rest."""
    counts = np.array([2, 1, 4, 2, 1, 1, 1])
    asked = held_out(1, [(0, item) for item in (0, 1, 2, 3, 4, 5, 6, -1)])
    found = {name: np.flatnonzero(pairs).tolist() for name, pairs in item_slices(asked, counts).items()}
    assert found == {"items_head": [2], "items_mid": [0, 3], "items_tail": [1, 4, 5, 6], "items_unknown": [7]}


def test_an_item_belongs_where_its_first_review_does():
    """9 reviews: the 2 of item 1 are the third and the fourth, so it is of the head; so is item 0."""
    asked = held_out(1, [(0, item) for item in range(6)])
    found = item_slices(asked, np.array([2, 2, 2, 1, 1, 1]))
    assert np.flatnonzero(found["items_head"]).tolist() == [0, 1]
    assert np.flatnonzero(found["items_mid"]).tolist() == [2]
    assert np.flatnonzero(found["items_tail"]).tolist() == [3, 4, 5]


def test_users_are_few_up_to_the_median_of_known_ones():
    """Known users have 1, 2 and 3 reviews in train; the fourth is unknown."""
    seen = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]
    asked = held_out(4, [(user, 5) for user in range(4)], seen)
    found = user_slices(asked, np.array([True, True, True, False]))
    assert {name: np.flatnonzero(users).tolist() for name, users in found.items()} == {
        "users_few_reviews": [0, 1],
        "users_many_reviews": [2],
        "users_unknown": [3],
    }


def test_all_users_may_be_unknown():
    found = user_slices(held_out(2, [(0, 0), (1, 0)]), np.array([False, False]))
    assert found["users_unknown"].all()
    assert not found["users_few_reviews"].any()


@settings(derandomize=True, deadline=None, max_examples=80)
@given(questions(), st.integers(0, 2**32 - 1))
def test_slices_are_partitions(question, seed):
    asked, catalogue = question
    random = np.random.default_rng(seed)
    pairs = item_slices(asked, random.integers(0, 5, catalogue))
    assert (np.sum(list(pairs.values()), axis=0) == 1).all()
    users = user_slices(asked, random.random(asked.users) < 0.7)
    assert (np.sum(list(users.values()), axis=0) == 1).all()


ASKED = held_out(2, [(0, 3), (0, 4), (1, 3)])
PLACES = Places(np.array([0, 700, 60]), np.array([0, 600, 20]), np.empty((2, 0), int))


def test_metrics_of_items_count_their_pairs_alone():
    found = of_items(ASKED, PLACES, np.array([False, True, True]), k=100)
    assert found["accuracy"].tolist() == [0.0, 1.0]
    assert found["recall_at_10"].tolist() == [0.0, 0.0]
    assert found["recall_at_100"].tolist() == [0.0, 1.0]
    only_first = of_items(ASKED, PLACES, np.array([True, False, False]), k=100)
    assert only_first["recall_at_500"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)


def test_metrics_of_users_are_theirs_and_nobody_elses():
    found = of_users({"mrr": np.array([1.0, 0.5])}, np.array([True, False]))
    assert found["mrr"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)


def test_sizes_are_of_pairs_and_of_users():
    """5 reviews: item 0 has 4 of them and is the head, item 1, the last, the tail; the second user is unknown."""
    asked = held_out(2, [(0, 0), (0, -1), (1, 1)], [(0, 2)])
    assert slices_of(asked, np.array([4, 1]), np.array([True, False])).sizes() == {
        "items_head": {"held_out": 1},
        "items_mid": {"held_out": 0},
        "items_tail": {"held_out": 1},
        "items_unknown": {"held_out": 1},
        "users_few_reviews": {"users": 1},
        "users_many_reviews": {"users": 0},
        "users_unknown": {"users": 1},
    }
