"""Epochs of learning, over a whole catalogue and over a sample of a large one."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.histories import histories_of
from dataset.item_features import NO_FEATURES
from retrieval.batches import WHOLE_CATALOGUE
from tests.training.reviews_at_hand import interactions

pytestmark = pytest.mark.slow


@pytest.fixture
def learning(tf):
    from retrieval.learning import Learning, Recipe
    from retrieval.model import Start

    def begin(items=20, seed=1, scale=0.1):
        """60 users: those of an even number review the even ones of the first 20 items, the others the odd ones."""
        rows = [(user, item) for user in range(60) for item in range(user % 2, 20, 2) if (user + item) % 5]
        histories = histories_of(interactions(rows, 60, items))
        tables = np.random.default_rng(3).normal(0, scale, (2, items, 4)).astype(np.float32)
        return Learning(histories, Start(*tables, histories.item_counts), NO_FEATURES, Recipe(0.05, 16, 0.0, seed))

    return begin


def margin(learning):
    """How far the scores of the first 20 items lie above for the own half: mean of own minus mean of other."""
    history, items, bias = learning.learnt()
    own = np.arange(20) % 2 == 0
    scores = items[:20] @ history[:20][own].sum(axis=0) + bias[:20]
    return scores[own].mean() - scores[~own].mean()


@pytest.mark.parametrize("items", [20, WHOLE_CATALOGUE + 1], ids=["whole catalogue", "sample of a large one"])
def test_the_loss_falls_and_the_own_half_rises(learning, items):
    learner = learning(items)
    before = margin(learner)
    losses = [learner.run_epoch() for _ in range(10)]
    assert learner.epoch == 10
    assert losses[-1] < losses[0]
    assert margin(learner) > before + 1


def test_the_same_seed_learns_the_same_and_another_something_else(learning):
    one, same, other = learning(seed=1), learning(seed=1), learning(seed=2)
    losses = [[learner.run_epoch(), learner.run_epoch()] for learner in (one, same, other)]
    assert losses[0] == losses[1] != losses[2]
    assert all(np.array_equal(a, b) for a, b in zip(one.learnt(), same.learnt(), strict=True))


def test_a_loss_that_is_no_number_is_told(learning):
    from retrieval.learning import DivergedError

    with pytest.raises(DivergedError, match="the loss of epoch 1 is nan"):
        learning(scale=np.inf).run_epoch()
