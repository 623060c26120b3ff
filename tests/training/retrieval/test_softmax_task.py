"""The loss, worked out by hand on two users and three items."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

pytestmark = pytest.mark.slow

# Products: user 0 (1, 2, 0), user 1 (0, 3, 0). With the bias the logits are (1, 2, 1) and (0, 3, 1).
QUERIES = np.array([[1.0, 2.0], [0.0, 3.0]], np.float32)
CANDIDATES = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], np.float32)
BIAS = np.array([0.0, 0.0, 1.0], np.float32)
EVERYTHING = np.ones(3, np.float32)
# User 0 has items 0 and 1 as targets, user 1 has item 2.
LABELS = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]], np.float32)


@pytest.fixture(scope="module")
def loss(tf):
    from retrieval.softmax_task import HistorySoftmax

    task = HistorySoftmax()

    def of(labels=LABELS, weights=(1.0, 1.0), probability=EVERYTHING):
        numbers = (QUERIES, CANDIDATES, BIAS, labels, np.array(weights, np.float32), probability)
        return float(task(*(tf.constant(part) for part in numbers)))

    return of


def entropy(logits, targets):
    """Minus the mean log of the targets' shares in the softmax."""
    total = sum(exp(logit) for logit in logits)
    return -sum(log(exp(logits[target]) / total) for target in targets) / len(targets)


FIRST, SECOND = entropy([1, 2, 1], [0, 1]), entropy([0, 3, 1], [2])


def test_the_loss_is_the_mean_cross_entropy_over_the_catalogue(loss):
    assert loss() == pytest.approx((FIRST + SECOND) / 2, rel=1e-6)


def test_rows_count_by_their_weight(loss):
    assert loss(weights=(3.0, 1.0)) == pytest.approx((3 * FIRST + SECOND) / 4, rel=1e-6)


def test_the_log_of_a_candidates_chance_is_taken_off(loss):
    """Item 1 is certainly there, item 0 in half of the samples, item 2 in a quarter."""
    first = entropy([1 + log(2), 2, 1 + log(4)], [0, 1])
    second = entropy([log(2), 3, 1 + log(4)], [2])
    chances = np.array([0.5, 1.0, 0.25], np.float32)
    assert loss(probability=chances) == pytest.approx((first + second) / 2, rel=1e-5)


def test_a_row_without_targets_counts_for_nothing(loss):
    labels = LABELS * np.array([[1.0], [0.0]], np.float32)
    assert loss(labels, weights=(1.0, 0.0)) == pytest.approx(FIRST, rel=1e-6)


def test_without_any_target_the_loss_is_zero(loss):
    assert loss(np.zeros_like(LABELS), weights=(0.0, 0.0)) == 0.0
