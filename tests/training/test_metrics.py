"""Metrics worked out by hand. No TensorFlow: rankings are written down, not computed."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from metrics import coverage, per_user, top_k_accuracy, with_intervals
from ranking import Rankings

# Three users, a catalogue of 20. Held out: 2, 1 and 12 items.
HELD_OUT = np.array([2, 1, 12])


@pytest.fixture
def rankings():
    hits = np.zeros((3, 20), dtype=bool)
    hits[0, [0, 2]] = True  # first and third place
    hits[2, :12] = True  # a perfect list
    shown = np.array([[0, 1, 2], [0, 1, -1], [0, 5, 2]])
    return Rankings(found=np.array([1, 0, 12]), hits=hits, first=np.array([1, 0, 1]), shown=shown)


def test_top_k_accuracy_is_the_share_of_each_users_held_out_items(rankings):
    assert top_k_accuracy(rankings, HELD_OUT).tolist() == [0.5, 0.0, 1.0]


def test_recall_counts_hits_among_the_first_n(rankings):
    values = per_user(rankings, HELD_OUT)
    assert values["recall_at_10"].tolist() == [1.0, 0.0, 10 / 12]
    assert values["recall_at_50"].tolist() == [1.0, 0.0, 1.0]


def test_ndcg_divides_by_the_best_list_that_is_possible(rankings):
    first, missing, perfect = per_user(rankings, HELD_OUT)["ndcg_at_10"]
    assert first == pytest.approx((1 + 1 / log2(4)) / (1 + 1 / log2(3)))
    assert missing == 0.0
    assert perfect == pytest.approx(1.0)


def test_no_list_is_better_than_perfect():
    held_out = np.arange(1, 15)
    hits = np.arange(20) < held_out[:, None]
    found = Rankings(held_out, hits, np.ones(14, int), np.zeros((14, 1), int))
    assert per_user(found, held_out)["ndcg_at_10"] == pytest.approx(np.ones(14))
    assert per_user(found, held_out)["ndcg_at_10"].max() <= 1.0


def test_mrr_is_zero_for_a_user_whose_items_are_unknown(rankings):
    assert per_user(rankings, HELD_OUT)["mrr"].tolist() == [1.0, 0.0, 1.0]


def test_mrr_is_one_over_the_place():
    one = Rankings(np.zeros(1), np.zeros((1, 500), bool), np.array([600]), np.array([[0]]))
    assert per_user(one, np.array([1]))["mrr"].tolist() == [1 / 600]


def test_coverage_counts_distinct_items_and_not_the_fillers(rankings):
    assert coverage(rankings.shown, 20) == 4 / 20


def test_intervals_hold_the_value_and_are_the_same_for_the_same_seed(rankings):
    found = with_intervals(rankings, HELD_OUT, 20, seed=3)
    assert found == with_intervals(rankings, HELD_OUT, 20, seed=3)
    assert set(found) == {
        *(f"recall_at_{n}" for n in (10, 50, 100, 500)),
        "ndcg_at_10",
        "mrr",
        "catalogue_coverage",
    }
    for metric in found.values():
        assert 0 <= metric["lower"] <= metric["value"] <= metric["upper"] <= 1
    assert found["mrr"]["value"] == pytest.approx(2 / 3)
    assert found["mrr"]["lower"] == 0.0  # all three draws may fall on the second user
    assert found["mrr"]["upper"] == 1.0


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error():
    """1,000 users of whom half have their item in first place: 0.5 +- 1.96 * sqrt(0.25 / 1000)."""
    first = np.tile([1, 0], 500)
    hits = np.zeros((1000, 10), dtype=bool)
    hits[:, 0] = first == 1
    rankings = Rankings(first, hits, first, np.zeros((1000, 1), dtype=int))
    interval = with_intervals(rankings, np.ones(1000, dtype=int), 5, seed=1)["recall_at_10"]
    assert interval["value"] == 0.5
    assert interval["upper"] - interval["lower"] == pytest.approx(2 * 1.96 * (0.25 / 1000) ** 0.5, rel=0.15)
