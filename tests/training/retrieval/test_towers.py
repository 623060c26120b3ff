"""Products of rounded vectors are the same bits however they are computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.towers import Towers, beside, rounded

DIMENSIONS = st.integers(1, 600)
SEEDS = st.integers(0, 2**32 - 1)


def vectors(number, dimension, seed):
    """Rows of very different lengths, some of them zero or with a single number that is none."""
    random = np.random.default_rng(seed)
    found = random.normal(size=(number, dimension)) * 10.0 ** random.integers(-12, 12, size=(number, 1))
    found[random.random(number) < 0.2] = 0
    found[0] = 0
    found[0, 0] = 1.0
    return found.astype(np.float32)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(DIMENSIONS, SEEDS)
def test_float32_products_are_exact_in_any_order_and_batch(dimension, seed):
    users, items = rounded(vectors(9, dimension, seed)), rounded(vectors(11, dimension, seed + 1))
    exact = users.astype(np.float64) @ items.astype(np.float64).T
    order = np.random.default_rng(seed).permutation(dimension)
    assert np.array_equal(users @ items.T, exact)
    assert np.array_equal(users[:, order] @ items[:, order].T, exact)
    assert np.array_equal(users[3:4] @ items.T, exact[3:4])
    one_by_one = np.cumsum(users[:, None, order] * items[None, :, order], axis=2, dtype=np.float32)[:, :, -1]
    assert np.array_equal(one_by_one, exact)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(DIMENSIONS, SEEDS)
def test_what_is_rounded_away_is_little_of_a_vectors_length(dimension, seed):
    """At most half a step in each number; a step is at most 2 / (2^12 - sqrt(d) / 2) of the length."""
    given_ = vectors(20, dimension, seed)
    lengths = np.linalg.norm(given_.astype(np.float64), axis=1)
    lost = np.abs(rounded(given_).astype(np.float64) - given_).max(axis=1)
    assert (lost <= 1.0001 * lengths / (2.0**12 - 0.5 * dimension**0.5)).all()


def test_zeros_stay_and_what_is_not_finite_is_refused():
    assert rounded(np.zeros((2, 4), np.float32)).tolist() == [[0] * 4] * 2
    for wrong in (np.inf, np.nan):
        with pytest.raises(ValueError, match="not finite"):
            rounded(np.array([[1.0, wrong]], np.float32))


def test_pairs_of_tables_beside_each_other_add_their_scores():
    left = (np.array([[1.0, 2.0]], np.float32), np.array([[3.0, 4.0]], np.float32))
    right = (np.array([[5.0]], np.float32), np.array([[6.0]], np.float32))
    history, items = beside(left, 10, right)
    assert (history @ items.T).tolist() == [[10 * (3 + 8) + 30]]


@pytest.mark.parametrize("part", ["history", "items", "bias", "popularity"])
def test_towers_tell_whether_all_their_numbers_are_finite(part):
    numbers = {name: np.zeros(2, np.float32) for name in ("history", "items", "bias", "popularity")}
    assert Towers(**numbers).is_finite()
    assert not Towers(**numbers | {part: np.array([0, np.nan])}).is_finite()
