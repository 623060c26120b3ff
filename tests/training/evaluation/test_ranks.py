"""Places in blocks against the obvious way: sort each user's items, count."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.ranks import UNKNOWN, places
from tests.training.asked import held_out, obvious_places, questions


def looked_up(scores):
    scores.flags.writeable = False  # a block is not changed
    return lambda start, stop: scores[start:stop]


def test_places_worked_out_by_hand():
    """User 0's order: items 1, 2 (equal, lower place first), 0, 3. Item 1 was seen; 0 and an unknown are held out."""
    scores = np.array([[0.5, 0.9, 0.9, 0.1], [1, 2, 3, 4]], dtype=np.float32)
    found = places(looked_up(scores), 4, held_out(2, [(0, 0), (0, -1), (1, 0)], [(0, 1)]), shown=4)
    assert found.among_all.tolist() == [2, UNKNOWN, 3]
    assert found.among_unseen.tolist() == [1, UNKNOWN, 3]
    assert found.shown.tolist() == [[2, 0, 3, -1], [3, 2, 1, 0]]


def test_who_has_seen_everything_is_shown_nothing():
    scores = np.array([[3, 2, 1], [1, 2, 3]], dtype=np.float32)
    asked = held_out(2, [(0, 1), (1, 1)], [(0, 0), (0, 1), (0, 2), (1, 2)])
    found = places(looked_up(scores), 3, asked, shown=3)
    assert found.shown.tolist() == [[-1, -1, -1], [1, 0, -1]]
    assert found.among_unseen.tolist() == [0, 0]


def test_a_catalogue_smaller_than_the_list_is_shown_whole():
    found = places(looked_up(np.array([[1, 2]], dtype=np.float32)), 2, held_out(1, [(0, 0)]), shown=5)
    assert found.shown.tolist() == [[1, 0, -1, -1, -1]]


def test_no_list_is_made_where_none_is_asked_for():
    found = places(looked_up(np.zeros((2, 3), np.float32)), 3, held_out(2, [(0, 2), (1, 0)]))
    assert found.shown.shape == (2, 0)
    assert found.among_all.tolist() == [2, 0]  # all equal: in the order of the catalogue


@settings(derandomize=True, deadline=None, max_examples=150)
@given(questions(), st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 80), st.integers(0, 14))
def test_any_block_size_gives_what_sorting_gives(question, seed, different, cells, shown):
    asked, catalogue = question
    scores = np.random.default_rng(seed).integers(0, different, (asked.users, catalogue)).astype(np.float32)
    found = places(looked_up(scores), catalogue, asked, shown, block_cells=cells)
    assert (found.among_all.tolist(), found.among_unseen.tolist(), found.shown.tolist()) == obvious_places(
        scores, asked, shown
    )


@pytest.mark.parametrize("ties", [3, 10**6])
def test_long_lists_are_found_in_a_wide_catalogue(ties):
    """The best of 997 items are looked for in groups of items; 997 is no multiple of any group's size."""
    random = np.random.default_rng(ties)
    scores = random.integers(0, ties, (20, 997)).astype(np.float32)
    asked = held_out(20, [(user, user) for user in range(20)], [(user, 3 * user) for user in range(20)])
    for shown in (1, 10, 100, 249, 250):
        found = places(looked_up(scores), 997, asked, shown)
        assert found.shown.tolist() == obvious_places(scores, asked, shown)[2]


@pytest.mark.parametrize("threads", [None, 1, 7])
def test_the_number_of_threads_changes_nothing(threads, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: threads)
    scores = np.random.default_rng(4).integers(0, 9, (50, 30)).astype(np.float32)
    asked = held_out(50, [(user, user % 30) for user in range(50)], [(user, 0) for user in range(50)])
    found = places(looked_up(scores), 30, asked, shown=5, block_cells=60)
    assert (found.among_all.tolist(), found.among_unseen.tolist(), found.shown.tolist()) == obvious_places(
        scores, asked, 5
    )
