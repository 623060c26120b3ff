"""Scores are the same bits however they are computed."""

from __future__ import annotations

import numpy as np
import pytest
from towers import on_grid


@pytest.mark.parametrize("dimension", [1, 8, 64, 100, 512])
def test_products_on_the_grid_are_exact_in_any_order_of_adding(dimension):
    random = np.random.default_rng(dimension)
    users, user_step = on_grid(random.normal(0, 0.3, size=(50, dimension)).astype(np.float32))
    items, item_step = on_grid(random.normal(0, 2.0, size=(70, dimension)).astype(np.float32))
    exact = users.astype(np.int64) @ items.astype(np.int64).T
    assert np.abs(exact).max() <= 2**24
    shuffled = random.permutation(dimension)
    assert np.array_equal(users @ items.T, exact)
    assert np.array_equal(users[:, shuffled] @ items[:, shuffled].T, exact)
    assert np.log2(user_step * item_step) % 1 == 0


def test_the_grid_is_fine_enough_to_keep_the_vectors():
    vectors = np.random.default_rng(1).normal(0, 1, size=(1000, 64)).astype(np.float32)
    grid, step = on_grid(vectors)
    assert np.abs(grid * step - vectors).max() <= step / 2 <= np.abs(vectors).max() / 2**8


def test_vectors_of_zeros_and_vectors_that_are_not_finite():
    assert on_grid(np.zeros((2, 4), np.float32))[0].tolist() == [[0] * 4] * 2
    with pytest.raises(ValueError, match="cannot be put on a grid"):
        on_grid(np.array([[np.inf]], np.float32))
