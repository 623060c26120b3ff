"""Lists that need no scoring, against the same lists scored and ranked, and against what chance must give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.baselines import chance, popularity
from evaluation.metrics import recall
from evaluation.ranks import UNKNOWN, places
from tests.training.asked import held_out, questions


def places_of_all(counts):
    """Each item's place by falling count, equal ones in the order of the catalogue."""
    order = sorted(range(len(counts)), key=lambda item: (-counts[item], item))
    return np.array([order.index(item) for item in range(len(counts))])


def test_popularity_worked_out_by_hand():
    """The list is 2, 0, 3, 1. The user has seen 2 and 3, so 0 and 1 are left."""
    asked = held_out(1, [(0, 1), (0, 3), (0, -1)], [(0, 2), (0, 3)])
    found = popularity(asked, places_of_all([3, 1, 5, 2]), shown=3)
    assert found.among_all.tolist() == [3, 2, UNKNOWN]
    assert found.among_unseen.tolist() == [1, 1, UNKNOWN]
    assert found.shown.tolist() == [[0, 1, -1]]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(questions(), st.integers(0, 2**32 - 1), st.integers(0, 14))
def test_popularity_is_what_ranking_by_the_counts_gives(question, seed, shown):
    asked, catalogue = question
    counts = np.random.default_rng(seed).integers(0, 4, catalogue)  # many equal ones

    def same_for_all(start, stop):
        return np.tile(counts.astype(np.float32), (stop - start, 1))

    found, ranked = popularity(asked, places_of_all(counts), shown), places(same_for_all, catalogue, asked, shown)
    assert found.among_all.tolist() == ranked.among_all.tolist()
    assert found.among_unseen.tolist() == ranked.among_unseen.tolist()
    assert found.shown.tolist() == ranked.shown.tolist()


@settings(derandomize=True, deadline=None, max_examples=150)
@given(questions(), st.integers(0, 2**32 - 1), st.integers(0, 14))
def test_chance_gives_distinct_places_and_unseen_items(question, seed, shown):
    asked, catalogue = question
    # as in a test set: each pair once, none of them seen
    seen = {tuple(pair) for pair in asked.seen.tolist()}
    asked = held_out(
        asked.users,
        sorted({tuple(pair) for pair in asked.held_out.tolist()} - seen),
        sorted(seen),
    )
    found = chance(asked, catalogue, shown, seed)
    known = asked.held_out[:, 1] >= 0
    assert (found.among_all[~known] == UNKNOWN).all()
    assert (found.among_unseen[~known] == UNKNOWN).all()
    for user in range(asked.users):
        left = [item for item in range(catalogue) if (user, item) not in seen]
        own = known & (asked.held_out[:, 0] == user)
        for drawn, limit in ((found.among_all[own], catalogue), (found.among_unseen[own], len(left))):
            assert len(set(drawn.tolist())) == len(drawn)
            assert all(0 <= place < limit for place in drawn)
        items = [item for item in found.shown[user].tolist() if item >= 0]
        assert len(items) == len(set(items)) == min(shown, len(left))
        assert set(items) <= set(left)


def test_chance_finds_as_many_as_its_list_is_of_the_catalogue():
    """3,000 users with 2 of 500 items: a share of k / 500 is within k, give or take five standard errors."""
    asked = held_out(3000, [(user, item) for user in range(3000) for item in (user % 500, (user + 7) % 500)])
    found = chance(asked, 500, shown=10, seed=1)
    for k in (10, 50, 100):
        share = k / 500
        error = (share * (1 - share) / 6000) ** 0.5
        assert recall(asked, found.among_all, k).mean() == pytest.approx(share, abs=5 * error)
        assert recall(asked, found.among_unseen, k).mean() == pytest.approx(share, abs=5 * error)
    shown = np.bincount(found.shown.ravel(), minlength=500)  # 60 of each item on average
    assert 60 - 6 * 60**0.5 < shown.min() <= shown.max() < 60 + 6 * 60**0.5


def test_seen_items_make_the_rest_easier_to_find():
    """Of 100 items 90 were seen: among the 10 that are left, each place is as likely."""
    seen = [(user, item) for user in range(2000) for item in range(90)]
    asked = held_out(2000, [(user, 95) for user in range(2000)], seen)
    found = chance(asked, 100, shown=0, seed=2)
    assert found.among_unseen.max() == 9
    assert found.among_unseen.mean() == pytest.approx(4.5, abs=0.35)
    assert found.among_all.mean() == pytest.approx(49.5, abs=3.5)


def test_the_same_seed_draws_the_same_and_another_does_not():
    asked = held_out(40, [(user, user) for user in range(40)])
    one, same, other = (chance(asked, 40, 5, seed) for seed in (1, 1, 2))
    assert one.among_all.tolist() == same.among_all.tolist() != other.among_all.tolist()
    assert one.shown.tolist() == same.shown.tolist() != other.shown.tolist()


def test_a_user_who_asks_for_a_whole_tiny_catalogue_gets_an_order_of_it():
    found = chance(held_out(2, [(0, 0), (0, 1), (0, 2), (1, 0)]), 3, shown=10, seed=3)
    assert sorted(found.among_all[:3].tolist()) == [0, 1, 2]
    assert sorted(found.shown[0].tolist()) == [-1] * 7 + [0, 1, 2]
    single = chance(held_out(1, [(0, 0)]), 1, shown=1, seed=3)
    assert (single.among_all.tolist(), single.shown.tolist()) == ([0], [[0]])
