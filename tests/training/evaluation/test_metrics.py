"""Metrics worked out by hand: places are written down, not computed."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from evaluation.metrics import mrr, ndcg, per_user, recall, top_k_accuracy
from evaluation.ranks import UNKNOWN, Places
from evaluation.resampling import coverages
from tests.training.asked import held_out

# Three users with 2, 1 and 12 held-out items. Places from 0; the second user's item is not in the catalogue.
ASKED = held_out(3, [(0, 8), (0, 9), (1, -1), *((2, item) for item in range(12))])
FOUND = np.array([0, 2, UNKNOWN, *range(12)], dtype=np.int32)


def all_and_unseen(among_all, among_unseen):
    return Places(np.array(among_all), np.array(among_unseen), np.empty((0, 0), int))


def test_top_k_accuracy_ranks_reviewed_items_too():
    asked = held_out(2, [(0, 1), (0, 2), (1, 3)])
    places = all_and_unseen([3, 9, 4], [0, 0, 0])
    assert top_k_accuracy(asked, places, 4).tolist() == [0.5, 0.0]
    assert top_k_accuracy(asked, places, 5).tolist() == [0.5, 1.0]
    assert top_k_accuracy(asked, places, 10).tolist() == [1.0, 1.0]


def test_recall_is_the_share_of_each_users_held_out_items():
    assert recall(ASKED, FOUND, 1).tolist() == [1 / 2, 0, 1 / 12]
    assert recall(ASKED, FOUND, 2).tolist() == [1 / 2, 0, 2 / 12]
    assert recall(ASKED, FOUND, 10).tolist() == [1.0, 0.0, 10 / 12]
    assert recall(ASKED, FOUND, 50).tolist() == [1.0, 0.0, 1.0]


def test_ndcg_divides_by_the_best_list_that_is_possible():
    first, missing, perfect = ndcg(ASKED, FOUND, 10)
    assert first == pytest.approx((1 / log2(2) + 1 / log2(4)) / (1 / log2(2) + 1 / log2(3)))
    assert missing == 0.0
    assert perfect == pytest.approx(1.0)


def test_what_stands_below_the_list_gains_nothing():
    asked = held_out(2, [(0, 0), (1, 0)])
    assert ndcg(asked, np.array([9, 10]), 10).tolist() == pytest.approx([1 / log2(11), 0.0])


def test_no_list_is_better_than_perfect():
    numbers = range(1, 15)
    asked = held_out(14, [(number - 1, item) for number in numbers for item in range(number)])
    found = np.array([item for number in numbers for item in range(number)])
    assert ndcg(asked, found).tolist() == pytest.approx([1.0] * 14)
    assert ndcg(asked, found).max() <= 1.0


def test_mrr_is_one_over_the_place_of_the_best():
    assert mrr(ASKED, FOUND).tolist() == [1.0, 0.0, 1.0]
    asked = held_out(2, [(0, 0), (0, 1), (0, -1), (1, 5)])
    assert mrr(asked, np.array([7, 3, UNKNOWN, 599])).tolist() == [1 / 4, 1 / 600]


def covered(shown, catalogue, seed):
    return coverages({"model": shown}, {"model": catalogue}, seed)["model"]


def test_coverage_counts_distinct_items_and_not_the_fillers():
    shown = np.array([[0, 1, 2], [0, 1, -1], [0, 5, 2]])
    assert covered(shown, 20, seed=1).share == 4 / 20
    assert covered(np.full((2, 3), -1), 20, seed=1).share == 0.0
    assert covered(np.array([[0, 1], [2, 3]]), 4, seed=1).share == 1.0


@pytest.mark.parametrize(("found", "value"), [(0, 1.0), (UNKNOWN, 0.0)])
def test_a_perfect_model_reaches_one_everywhere_and_a_hopeless_one_nothing(found, value):
    asked = held_out(5, [(user, user) for user in range(5)])
    places = all_and_unseen([found] * 5, [found] * 5)
    values = per_user(asked, places) | {"accuracy": top_k_accuracy(asked, places, 1)}
    names = {"recall_at_10", "recall_at_50", "recall_at_100", "recall_at_500", "ndcg_at_10", "mrr", "accuracy"}
    assert set(values) == names
    for metric in values.values():
        assert metric.tolist() == [value] * 5


def test_metrics_beside_accuracy_look_at_the_unseen_places():
    asked = held_out(1, [(0, 1)])
    values = per_user(asked, all_and_unseen([700], [3]))
    assert values["recall_at_10"].tolist() == [1.0]
    assert values["mrr"].tolist() == [1 / 4]
    assert values["ndcg_at_10"].tolist() == pytest.approx([1 / log2(5)])
