"""User and item biases, by hand and by their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.bias_baseline import Biases, fit_biases, tuned_biases
from tests.training.ratings_at_hand import drawn_ratings, low_rank, ratings


def test_three_ratings_by_hand():
    """Mean 3. With b, c the users', x, y the items' biases and a shrinkage of 1 everywhere, what is to be solved is

    u0 (scores i0 5, i1 3):  3b + x + y = 2        i0 (from u0 5, u1 1):  3x + b + c = 0
    u1 (scores i0 1):        2c + x     = -2       i1 (from u0 3):        2y + b     = 0

    y = -b/2 and c = -1 - x/2 give 5b/2 + x = 2 and 5x/2 + b = 1: b = 16/21, x = 2/21.
    """
    found = fit_biases(ratings([(0, 0, 5.0), (0, 1, 3.0), (1, 0, 1.0)], 2, 2), 1.0, 1.0)
    assert found.mean == 3.0
    assert found.users == pytest.approx([16 / 21, -22 / 21], abs=1e-4)
    assert found.items == pytest.approx([2 / 21, -8 / 21], abs=1e-4)
    assert found.predict(np.array([1]), np.array([1])) == pytest.approx([3 - 30 / 21], abs=1e-4)


def test_unknown_users_and_items_add_nothing_and_scores_stay_in_the_range_seen():
    biases = Biases(3.0, np.array([1.0, -4.0]), np.array([0.5]), lowest=1.0, highest=4.0)
    users, items = np.array([-1, 0, -1, 0, 1]), np.array([-1, -1, 0, 0, 0])
    assert biases.predict(users, items).tolist() == [3.0, 4.0, 3.5, 4.0, 1.0]


@settings(deadline=None)
@given(drawn_ratings(), st.sampled_from([0.5, 2.0, 10.0]), st.sampled_from([0.5, 2.0, 10.0]))
def test_no_other_biases_have_a_lower_penalised_error(reviews, user_shrinkage, item_shrinkage):
    found = fit_biases(reviews, user_shrinkage, item_shrinkage)

    def penalised(users, items):
        errors = reviews.scores - found.mean - users[reviews.users] - items[reviews.items]
        return (errors**2).sum() + user_shrinkage * (users**2).sum() + item_shrinkage * (items**2).sum()

    least = penalised(found.users, found.items)
    random = np.random.default_rng(0)
    for size in (0.1, 1.0):
        for _ in range(5):
            moved = (biases + size * random.standard_normal(len(biases)) for biases in (found.users, found.items))
            assert penalised(*moved) >= least - 1e-3


def test_shrinkages_are_chosen_on_reviews_set_aside():
    """Where scores are noise alone the strongest shrinkage is best."""
    random = np.random.default_rng(0)
    rows = [(user, item, float(random.normal(3, 1))) for user in range(60) for item in random.permutation(90)[:10]]
    noise = ratings(rows, 60, 90)
    assert np.abs(tuned_biases(noise, 1).items).mean() < np.abs(fit_biases(noise, 2.0, 2.0).items).mean() / 2
    telling = low_rank(60, 90, 0.5, seed=1, noise=0.0)
    assert np.abs(tuned_biases(telling, 1).users).mean() > 0.2


def test_too_few_reviews_to_set_any_aside_are_fitted_all_the_same():
    found = tuned_biases(ratings([(0, 0, 4.0)], 1, 1), 1)
    assert found.predict(np.array([0]), np.array([0])).tolist() == [4.0]
