"""Matrix factorisation by variational Bayes, on data whose right answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from ranking.factors import _Side, fit_factors, number_of_factors
from tests.training.ratings_at_hand import halves, low_rank, ratings


def predicted(found, reviews):
    products = (found.users[reviews.users] * found.items[reviews.items]).sum(1)
    return found.mean + found.user_bias[reviews.users] + found.item_bias[reviews.items] + products


def rmse(found, reviews):
    return float(np.sqrt(np.mean((predicted(found, reviews) - reviews.scores) ** 2)))


def test_a_hidden_factor_is_found_down_to_the_noise():
    train, test = halves(low_rank(120, 80, 0.4, seed=3), 0.2, seed=4)
    found = fit_factors(train, 4, seed=1, turns=20)
    assert rmse(found, test) < 0.4  # the noise is 0.3, biases alone err by 0.85


def test_directions_that_the_reviews_do_not_support_die_out():
    found = fit_factors(low_rank(120, 80, 0.4, seed=3), 4, seed=1, turns=30)
    strength = np.sort((found.users**2).mean(0) * (found.items**2).mean(0))
    assert strength[-1] == pytest.approx(0.8**2, rel=0.3)
    assert (strength[:-1] < 0.02 * strength[-1]).all()


def test_where_there_is_nothing_but_noise_next_to_nothing_is_found():
    random = np.random.default_rng(0)
    rows = [(user, item, float(random.normal(3, 1))) for user in range(80) for item in random.permutation(60)[:15]]
    train, test = halves(ratings(rows, 80, 60), 0.3, seed=1)
    assert rmse(fit_factors(train, 4, seed=1, turns=20), test) == pytest.approx(test.scores.std(), rel=0.03)


def test_one_turn_is_exact_where_the_other_side_tells_nothing():
    """Items' factors start small and their biases at zero: a user's bias is then the posterior mean of a normal.

    Scores 4 and 2 have mean 3 and spread 1. With a prior variance of 0.1, noise of 0.7 and one standard score of 1:
    the bias is (1 / 0.7) / (1 / 0.7 + 1 / 0.1) = 1 / 8, and 3 reviews of 1 give 3 / 10.
    """
    rows = [(0, 0, 4.0), (1, 0, 2.0), (2, 0, 4.0), (2, 1, 4.0), (2, 2, 4.0), (3, 0, 2.0), (3, 1, 2.0), (3, 2, 2.0)]
    users, items = _Side(np.zeros((4, 1), np.float32)), _Side(np.zeros((3, 1), np.float32))
    items.covariances[:] = 0
    positions = [row[0] for row in rows], [row[1] for row in rows]
    standard = sparse.csr_matrix((np.array([row[2] - 3 for row in rows], np.float32), positions), shape=(4, 3))
    error = users.solve(standard, items, 0.7)
    assert users.bias == pytest.approx([1 / 8, -1 / 8, 3 / 10, -3 / 10], abs=1e-6)
    # expected squared errors: (1 - mean)^2 + variance for each review; variances 0.1 * 7 / 8 and 0.1 * 7 / 10
    assert error == pytest.approx(2 * (49 / 64 + 0.0875) + 6 * (49 / 100 + 0.07), rel=1e-5)
    assert users.prior[-1] == pytest.approx((2 * (1 / 64 + 0.0875) + 2 * (9 / 100 + 0.07)) / 4, rel=1e-5)


def test_the_size_of_a_block_changes_nothing():
    reviews = low_rank(40, 30, 0.4, seed=3)
    whole = fit_factors(reviews, 3, seed=1)
    five_at_a_time = fit_factors(reviews, 3, seed=1, block_cells=5 * 16)
    for value, other in zip(vars(whole).values(), vars(five_at_a_time).values(), strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-3, atol=1e-4)


def test_the_same_seed_gives_the_same_factors():
    reviews = low_rank(40, 30, 0.4, seed=3)
    first, second = fit_factors(reviews, 3, seed=1), fit_factors(reviews, 3, seed=1)
    assert np.array_equal(first.users, second.users)
    assert not np.array_equal(first.users, fit_factors(reviews, 3, seed=2).users)


@pytest.mark.parametrize(
    "rows",
    [[(0, 0, 4.0)], [(0, item, 4.0) for item in range(5)], [(user, 0, float(user)) for user in range(5)]],
    ids=["one review", "one score", "one item"],
)
def test_few_or_equal_reviews_are_fitted_to_finite_numbers(rows):
    found = fit_factors(ratings(rows, 5, 5), 4, seed=1)
    assert all(np.isfinite(value).all() for value in vars(found).values())


def test_the_number_of_factors_grows_with_the_reviews_and_is_bounded():
    assert number_of_factors(ratings([(0, 0, 1.0)], 1, 1)) == 4
    many = low_rank(300, 200, 0.9, seed=1)
    assert number_of_factors(many) == int(len(many) ** (1 / 3) / 4) == 9
