"""EASE beside a case worked out by hand, and its two ways beside one another."""

from __future__ import annotations

import numpy as np
import pytest

from bench.peers import ease
from tests.bench.reviews import drawn, interactions


def test_two_users_and_two_items_by_hand():
    # X = [[1, 1], [1, 0]], X'X + 1 = [[3, 1], [1, 2]], its inverse P = [[0.4, -0.2], [-0.2, 0.6]];
    # B[0, 1] = 0.2 / 0.6, B[1, 0] = 0.2 / 0.4
    train = interactions([(0, 0), (0, 1), (1, 0)], users=2, items=2)
    scorer = ease.Ease().fit(train, {"lambda": 1.0}, seed=0)
    assert scorer.items.tolist() == ["i000", "i001"]
    np.testing.assert_allclose(scorer.score(["u000", "u001"]), [[1 / 2, 1 / 3], [0, 1 / 3]], atol=1e-6)


def test_an_unknown_user_gets_the_popular_items():
    train = interactions([(0, 0), (0, 1), (1, 0)], users=2, items=2)
    scores = ease.Ease().fit(train, {"lambda": 1.0}, seed=0).score(["nobody", "u001"])
    np.testing.assert_allclose(scores, [[2, 1], [0, 1 / 3]], atol=1e-6)


@pytest.mark.parametrize(("users", "items"), [(30, 12), (12, 30)])
def test_both_ways_give_the_textbook_s_scores(users, items):
    train, weight = drawn(users, items, share=0.3, seed=5), 7.0
    x = np.zeros((users, items))
    x[train.users, train.items] = 1
    inverse = np.linalg.inv(x.T @ x + weight * np.eye(items))
    model = -inverse / np.diag(inverse)
    np.fill_diagonal(model, 0)
    by_user, by_item = ease.grouped(train.users, train.items, users), ease.grouped(train.items, train.users, items)
    for way in (ease._from_items, ease._from_users):
        np.testing.assert_allclose(way(by_user, by_item, weight)(np.arange(users)), x @ model, atol=1e-5)
    np.testing.assert_allclose(
        ease.Ease().fit(train, {"lambda": weight}, 0).score(train.user_names), x @ model, atol=1e-5
    )


def test_a_catalogue_that_does_not_fit_is_refused(monkeypatch):
    train = drawn(20, 30, share=0.3, seed=1)
    monkeypatch.setattr(ease, "MOST", 20)
    assert ease.Ease().refusal(train) is None
    monkeypatch.setattr(ease, "MOST", 19)
    assert "30 items and 20 users" in ease.Ease().refusal(train)
