"""The closed form against the one that numpy solves densely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from dataset.histories import histories_of
from retrieval.ridge import _randomised, decompose
from tests.training.reviews_at_hand import drawn_reviews, interactions


def reviewed(users, items, share=0.3, seed=1):
    """Histories of users who review each item with ``share``, the earlier the item the likelier; none is empty."""
    random = np.random.default_rng(seed)
    matrix = random.random((users, items)) < np.linspace(2 * share, 0.05, items)
    matrix[np.arange(users), np.arange(users) % items] = True
    return histories_of(interactions(np.argwhere(matrix).tolist(), users, items))


def solved(histories, exponent, shrinkage):
    """D B D^-1 [n, n]: B minimises sum of w_u |x_u D - x_u D B|^2 + shrinkage |B|^2, by its normal equations."""
    matrix = histories.matrix().toarray().astype(np.float64)
    lengths, counts = matrix.sum(axis=1), np.maximum(matrix.sum(axis=0), 0.5)
    user_weights = (np.maximum(lengths, 1) / max(lengths.mean(), 1)) ** -0.5
    item_weights = (counts / counts.mean()) ** -exponent
    weighted = matrix * item_weights
    gram = weighted.T @ (user_weights[:, None] * weighted)
    solution = np.linalg.solve(gram + shrinkage * np.eye(len(gram)), gram)
    return item_weights[:, None] * solution / item_weights[None, :]


def product(tables):
    return tables[0].astype(np.float64) @ tables[1].astype(np.float64).T


def test_one_user_and_one_item_by_hand():
    """s^2 = 1, so B = 1 / (1 + 3)."""
    histories = histories_of(interactions([(0, 0)], 1, 1))
    assert product(decompose(histories, 0.0, 1, seed=1).tables(3.0, 1)) == pytest.approx(0.25)


def test_users_with_long_histories_weigh_less_by_hand():
    """User 0 reviews items 0 and 1, user 1 only item 2: lengths 2 and 1, mean 1.5.

    Item 2 stands alone: s^2 = w_1 = (1 / 1.5)^-1/2. Items 0 and 1 share the direction (1, 1) / sqrt(2) with
    s^2 = 2 w_0 = 2 (2 / 1.5)^-1/2.
    """
    histories = histories_of(interactions([(0, 0), (0, 1), (1, 2)], 2, 3))
    alone, shared = 1.5**0.5, 2 * 0.75**0.5
    half = shared / (shared + 1) / 2
    expected = [[half, half, 0], [half, half, 0], [0, 0, alone / (alone + 1)]]
    assert product(decompose(histories, 0.0, 3, seed=1).tables(1.0, 3)) == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("exponent", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("shape", [(60, 25), (25, 60)])
def test_at_full_rank_it_is_the_dense_solution(shape, exponent):
    histories = reviewed(*shape)
    found = decompose(histories, exponent, rank=min(shape), seed=1).tables(5.0, min(shape))
    assert product(found) == pytest.approx(solved(histories, exponent, 5.0), abs=1e-5)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(drawn_reviews(), st.sampled_from([0.0, 0.25, 0.5]), st.floats(0.1, 1000))
def test_it_is_the_dense_solution_for_any_reviews(reviews, exponent, shrinkage):
    histories = histories_of(reviews)
    rank = min(len(histories), histories.catalogue)
    found = decompose(histories, exponent, rank, seed=1).tables(shrinkage, rank)
    assert product(found) == pytest.approx(solved(histories, exponent, shrinkage), abs=1e-4)


def test_tables_of_a_smaller_rank_are_prefixes():
    wide = decompose(reviewed(60, 25), 0.25, rank=25, seed=1)
    for rank in (1, 7, 24):
        for narrow, full in zip(wide.tables(5.0, rank), wide.tables(5.0, 25), strict=True):
            assert narrow.shape == (25, rank)
            assert np.array_equal(narrow, full[:, :rank])


def test_less_rank_and_more_shrinkage_keep_less():
    spectrum = decompose(reviewed(60, 25), 0.0, rank=25, seed=1)
    assert (np.diff(spectrum.energies) <= 0).all()
    kept = [np.trace(product(spectrum.tables(*settings))) for settings in ((5.0, 25), (5.0, 10), (50.0, 10))]
    assert kept[0] > kept[1] > kept[2] > 0


def test_there_is_no_more_rank_than_the_reviews_have():
    """All users review the same: there is one direction."""
    histories = histories_of(interactions([(user, item) for user in range(9) for item in range(5)], 9, 5))
    spectrum = decompose(histories, 0.0, rank=5, seed=1)
    assert spectrum.tables(1.0, 5)[0].shape == (5, 1)
    assert spectrum.asked == 5


def test_the_randomised_way_agrees_where_the_rank_is_low():
    random = np.random.default_rng(3)
    matrix = (random.normal(size=(120, 6)) @ random.normal(size=(6, 80))).astype(np.float32)
    energies, vectors = _randomised(sparse.csr_matrix(matrix), 6, np.random.default_rng(1))
    _, values, right = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    assert energies == pytest.approx(values[:6] ** 2, rel=1e-4)
    assert vectors @ vectors.T == pytest.approx(right[:6].T @ right[:6], abs=1e-3)  # signs are free


def test_beyond_the_exact_size_the_largest_directions_are_found(monkeypatch):
    """Three groups of users, each with items of its own, stand out from the noise."""
    random = np.random.default_rng(2)
    group = np.arange(300) % 3
    likely = np.where(group[:, None] == np.arange(150)[None, :] % 3, 0.5, 0.02)
    histories = histories_of(interactions(np.argwhere(random.random((300, 150)) < likely).tolist(), 300, 150))
    exact = decompose(histories, 0.0, rank=3, seed=1)
    monkeypatch.setattr("retrieval.ridge.EXACT", 10)
    found = decompose(histories, 0.0, rank=3, seed=1)
    assert found.energies == pytest.approx(exact.energies, rel=1e-3)
    assert product(found.tables(20.0, 3)) == pytest.approx(product(exact.tables(20.0, 3)), abs=1e-3)
    again = decompose(histories, 0.0, rank=3, seed=1)
    assert np.array_equal(found.vectors, again.vectors)
