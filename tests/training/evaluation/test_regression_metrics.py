"""Errors by hand, and what their intervals promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.regression_metrics import METRICS, resample, user_sums

SCORES = np.array([1.0, 2.0, 5.0, 4.0])  # mean 3, variance (4 + 1 + 4 + 1) / 4 = 2.5
PREDICTED = np.array([2.0, 2.0, 3.0, 4.0])  # errors 1, 0, -2, 0
USERS = np.array([0, 0, 1, 1])


def measured(predictors: dict[str, np.ndarray], scores=SCORES, users=USERS, seed=1):
    number = users.max() + 1
    sums = {name: user_sums(users, number, scores - 3, given - 3) for name, given in predictors.items()}
    return resample(sums, seed)


def test_metrics_by_hand():
    found = measured({"model": PREDICTED}).intervals("model")
    assert {name: interval["value"] for name, interval in found.items()} == pytest.approx(
        {"mae": 3 / 4, "mse": 5 / 4, "rmse": (5 / 4) ** 0.5, "r2": 1 - 1.25 / 2.5}
    )


def test_resamples_draw_users_with_all_of_their_reviews():
    """Two users who weigh a and b make (a + 4b) / (2a + 2b) of mse: 1/2 or 2 where only one of them is drawn."""
    told = measured({"model": PREDICTED})
    drawn = told.values["model"]["mse"][1:]
    weights = [(a, b) for a in range(6) for b in range(6) if a + b]
    assert set(np.round(drawn[~np.isnan(drawn)], 9)) <= {round((a + 4 * b) / (2 * a + 2 * b), 9) for a, b in weights}
    nobody = 94 / 256  # how often a user weighs nothing
    for mse in (0.5, 2.0):
        assert np.mean(drawn == mse) == pytest.approx(nobody * (1 - nobody), abs=0.04)
    assert np.mean(np.isnan(drawn)) == pytest.approx(nobody**2, abs=0.04)
    interval = told.interval("model", "mse")
    assert (interval["lower"], interval["upper"]) == (0.5, 2.0)


def test_r2_of_a_single_score_is_one_without_an_error_and_zero_with_any():
    same = np.array([3.0, 3.0])
    for given_, r2 in ((same, 1.0), (same + 0.5, 0.0)):
        assert measured({"model": given_}, same, np.array([0, 1])).interval("model", "r2")["value"] == r2


def test_differences_are_paired_and_below_zero_where_the_model_errs_less():
    """The other predictor errs by exactly 1 more everywhere: whoever is drawn, the difference is -1."""
    scores, users = np.arange(20.0) % 5, np.arange(20) % 7
    mine = scores + np.where(np.arange(20) % 2, 0.5, 2.0)
    told = measured({"model": mine, "other": mine + 1}, scores, users)
    difference = told.differences("model", "other")
    assert difference["mae"] == pytest.approx({"value": -1.0, "lower": -1.0, "upper": -1.0})
    assert difference["rmse"]["upper"] < 0 < difference["r2"]["lower"]
    assert told.differences("model", "model")["mse"] == {"value": 0.0, "lower": 0.0, "upper": 0.0}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from([1.0, 3.0, 5.0]), st.floats(-10, 10)), min_size=1, max_size=30
    )
)
def test_intervals_hold_their_values_and_are_finite(rows):
    users = np.unique([row[0] for row in rows], return_inverse=True)[1]
    scores, predicted = (np.array([row[column] for row in rows]) for column in (1, 2))
    told = measured({"model": predicted, "mean": np.full(len(rows), 3.0)}, scores, users)
    for interval in (*told.intervals("model").values(), *told.differences("model", "mean").values()):
        assert all(np.isfinite(number) for number in interval.values())
        assert interval["lower"] <= interval["value"] <= interval["upper"]
    values = {name: told.interval("model", name)["value"] for name in METRICS}
    assert values["rmse"] ** 2 == pytest.approx(values["mse"])
    assert values["mae"] <= values["rmse"] * (1 + 1e-9)


def test_a_part_that_few_users_have_is_measured_where_it_was_drawn():
    part = USERS == 0
    sums = {
        "all": user_sums(USERS, 2, SCORES - 3, PREDICTED - 3),
        "part": user_sums(USERS[part], 2, SCORES[part] - 3, PREDICTED[part] - 3),
    }
    told = resample(sums, seed=1)
    assert np.isnan(told.values["part"]["mse"]).any()  # a resample of nobody but the other user
    assert told.interval("part", "mse") == {"value": 0.5, "lower": 0.5, "upper": 0.5}


def test_the_interval_of_a_mean_has_the_width_that_statistics_gives_it():
    """1,000 users with one error of standard deviation 1 each: a mean is known to 2 x 1.96 / sqrt(1000)."""
    random = np.random.default_rng(3)
    errors = 5 + random.normal(0, 1, 1000)
    told = resample({"model": user_sums(np.arange(1000), 1000, np.zeros(1000), errors)}, seed=2)
    interval = told.interval("model", "mae")
    assert interval["upper"] - interval["lower"] == pytest.approx(2 * 1.96 / 1000**0.5, rel=0.1)
