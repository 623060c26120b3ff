"""Means and their bootstrap intervals over users."""

from __future__ import annotations

from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import resampling
from evaluation.resamples import WEIGHTS_AT_A_TIME, draw, weights_of
from evaluation.resampling import coverages

SHARES = st.floats(0, 1) | st.just(float("nan"))


def width(interval):
    return interval["upper"] - interval["lower"]


def intervals(values, seed, resamples=None):
    users = len(next(iter(values.values())))
    return resampling.intervals(values, draw(users, seed, resamples))


def covered(shown, catalogue, seed, **more):
    return coverages({"model": shown}, {"model": catalogue}, seed, **more)["model"]


def halves(users):
    """Half of the users have their item in first place."""
    return np.tile([1.0, 0.0], users // 2)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_an_interval_holds_the_mean_of_who_has_a_value(rows, seed):
    first = np.array([0.5, *(row[0] for row in rows)])  # one user at least has both
    second = np.array([0.25, *(row[1] for row in rows)])
    found = intervals({"first": first, "second": second}, seed, resamples=50)
    for name, values in (("first", first), ("second", second)):
        interval = found[name]
        assert interval["value"] == pytest.approx(np.nanmean(values))
        assert 0 <= interval["lower"] <= interval["value"] <= interval["upper"] <= 1
    assert found == intervals({"first": first, "second": second}, seed, resamples=50)


def test_users_without_a_value_are_left_out():
    found = intervals({"all": np.array([1.0, 0.0, 0.0, 0.0]), "one": np.array([1.0, *[np.nan] * 3])}, seed=1)
    assert found["all"]["value"] == 0.25
    assert found["one"] == {"value": 1.0, "lower": 1.0, "upper": 1.0}


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error():
    """1,000 users of whom half have 1: 0.5 +- 1.96 * sqrt(0.25 / 1000)."""
    interval = intervals({"m": halves(1000)}, seed=1)["m"]
    assert interval["value"] == 0.5
    assert width(interval) == pytest.approx(2 * 1.96 * (0.25 / 1000) ** 0.5, rel=0.1)


def test_a_hundred_times_the_users_make_a_tenth_of_the_width():
    few, many = (intervals({"m": halves(users)}, seed=2)["m"] for users in (100, 10_000))
    assert width(many) == pytest.approx(width(few) / 10, rel=0.2)


def test_another_seed_draws_other_users():
    values = {"m": np.random.default_rng(1).random(100)}
    assert intervals(values, seed=1) != intervals(values, seed=2)


def test_all_metrics_are_of_the_same_draws():
    """Equal values have equal intervals, so that a model and a baseline can be compared."""
    found = intervals({"model": halves(50), "baseline": halves(50), "rest": 1 - halves(50)}, seed=3)
    assert found["model"] == found["baseline"]
    assert found["rest"]["lower"] == pytest.approx(1 - found["model"]["upper"])


def test_equal_values_differ_by_exactly_nothing():
    random = np.random.default_rng(4)
    model = random.random(999)
    found = intervals({"more": random.random(999), "difference": model - model}, seed=5)
    assert found["difference"] == {"value": 0.0, "lower": 0.0, "upper": 0.0}


def test_a_paired_difference_is_narrower_than_what_it_is_the_difference_of():
    """One is the other and a constant, less a little noise: the noise alone makes the interval."""
    random = np.random.default_rng(6)
    other = random.random(2000)
    noise = random.normal(0, 0.01, 2000)
    found = intervals({"other": other, "difference": (other + 0.1 + noise) - other}, seed=7)
    assert found["difference"]["value"] == pytest.approx(0.1, abs=0.001)
    assert width(found["difference"]) == pytest.approx(2 * 1.96 * 0.01 / 2000**0.5, rel=0.15)
    assert width(found["other"]) > 20 * width(found["difference"])


def test_weights_have_mean_and_variance_one_exactly():
    """In the long run that is: of all bytes."""
    weights = weights_of(np.arange(256, dtype=np.uint8))
    assert weights.mean() == weights.var() == 1.0
    assert np.bincount(weights) == pytest.approx([256 * exp(-1) / factorial(k) for k in range(6)], abs=1.5)


def test_the_interval_of_coverage_lies_around_it():
    random = np.random.default_rng(1)
    few, many = (random.integers(0, 50, size=(users, 2)) for users in (20, 2000))
    interval = covered(few, 50, seed=1).interval()
    assert 0 <= interval["lower"] < interval["value"] < interval["upper"] <= 1
    assert interval["value"] == len(np.unique(few)) / 50
    assert covered(few, 50, seed=1).interval() == interval
    assert width(covered(many, 50, seed=1).interval()) < width(interval)


def test_the_spread_of_coverage_is_that_of_users_drawn_anew():
    """300 users with an item of their own each: how many are drawn varies as a binomial with 1 - 94 / 256 does."""
    chance = 1 - 94 / 256
    drawn = covered(np.arange(300)[:, None], 300, seed=3, resamples=4000).drawn
    assert drawn.std() == pytest.approx((chance * (1 - chance) / 300) ** 0.5, rel=0.05)
    assert drawn.mean() == pytest.approx(1.0)


def test_the_difference_of_coverages_is_paired():
    shown = np.random.default_rng(2).integers(0, 90, size=(40, 3))
    found = coverages({"one": shown, "other": shown}, {"one": 90, "other": 180}, seed=1)
    one, other = found["one"], found["other"]
    assert one.minus(one) == {"value": 0.0, "lower": 0.0, "upper": 0.0}
    difference = one.minus(other)
    assert difference["value"] == pytest.approx(one.share / 2)
    assert width(difference) == pytest.approx(width(other.interval()), rel=0.01)
    assert other.minus(one)["lower"] == pytest.approx(-difference["upper"])


def test_sums_are_of_all_users_however_many_are_drawn_at_a_time():
    resamples = draw(5, seed=8, resamples=WEIGHTS_AT_A_TIME // 2)
    assert [part.shape[1] for part in resamples.parts] == [2, 2, 1]
    columns = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0], [5.0, 50.0]])
    first = np.hstack([part[:1] for part in resamples.parts])[0].astype(float)
    assert resamples.sums(columns)[0].tolist() == [first @ columns[:, 0], 10 * first @ columns[:, 0]]
