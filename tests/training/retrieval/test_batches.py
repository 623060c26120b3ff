"""Histories cut in two: what is asked with and what is to be predicted make up the history."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.histories import Histories, histories_of
from retrieval.batches import (
    ASKED_SHARE,
    MOST_TARGETS,
    UNIFORM_NEGATIVES,
    WHOLE_CATALOGUE,
    Batch,
    Candidates,
    batch_size,
    batches,
)
from tests.training.reviews_at_hand import drawn_reviews, interactions

LARGE = WHOLE_CATALOGUE + 1


@pytest.fixture(scope="module")
def large():
    """400 users with 40 of 20,001 items each, the first 50 of them far more popular than the rest."""
    random = np.random.default_rng(1)
    rows = [
        (user, int(item))
        for user in range(400)
        for item in np.union1d(random.permutation(50)[:10], 50 + random.permutation(LARGE - 50)[:30])
    ]
    return histories_of(interactions(rows, 400, LARGE))


def parts(batch: Batch) -> list[tuple[int, int]]:
    """(place of the user, item) of what is asked with and what is to be predicted."""
    asked = zip(batch.asked_users.tolist(), batch.asked.tolist(), strict=True)
    targets = zip(batch.target_users.tolist(), batch.candidates[batch.targets].tolist(), strict=True)
    return [*asked, *targets]


def same(one: Batch, other: Batch) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Batch))


@settings(derandomize=True, deadline=None, max_examples=80)
@given(drawn_reviews(), st.integers(1, 9), st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_every_history_comes_once_an_epoch_and_whole(reviews, size, seed, epoch):
    histories = histories_of(reviews)
    met = list(batches(histories, size, seed, epoch))
    assert [batch.users for batch in met[:-1]] == [size] * (len(met) - 1)
    assert sum(batch.users for batch in met) == len(histories)
    found = []
    for batch in met:
        assert np.array_equal(batch.candidates, np.arange(histories.catalogue))
        assert (batch.probability == 1).all()
        found += [sorted(item for place, item in parts(batch) if place == user) for user in range(batch.users)]
    own = [histories.of(np.array([user]))[0].tolist() for user in range(len(histories))]
    assert sorted(found) == sorted(own)


def test_the_same_seed_and_epoch_give_the_same_batches_and_another_gives_others(large):
    first, again, next_epoch, other_seed = (
        next(batches(large, 100, *place)) for place in ((1, 0), (1, 0), (1, 1), (2, 0))
    )
    assert same(first, again)
    assert not same(first, next_epoch)
    assert not same(first, other_seed)


def test_about_half_of_a_history_asks(large):
    asked = sum(len(batch.asked) for batch in batches(large, 100, 1, 0))
    total = len(large.items)
    assert asked / total == pytest.approx(ASKED_SHARE, abs=5 * (0.25 / total) ** 0.5)


def test_a_sample_of_a_large_catalogue_holds_every_target(large):
    for batch in batches(large, 100, 1, 0):
        assert len(batch.candidates) < LARGE
        assert (np.diff(batch.candidates) > 0).all()  # distinct
        assert (batch.probability > 0).all()
        assert (batch.probability <= 1).all()
        lengths = [sum(place == user for place, _ in parts(batch)) for user in range(batch.users)]
        assert lengths == [40] * batch.users
        assert len(set(parts(batch))) == 40 * batch.users


def test_a_candidates_chance_is_how_often_it_is_one(large):
    """100 users' targets and the uniform draws, 300 times: the chance of popular and of rare items."""
    random, candidates = np.random.default_rng(2), Candidates(large)
    often, told = np.zeros(LARGE), np.zeros(LARGE)
    for _ in range(300):
        items, _ = large.of(random.permutation(400)[:100])
        drawn, probability = candidates.of(items[random.random(len(items)) >= ASKED_SHARE], random)
        often[drawn] += 1
        told[drawn] = probability
    popular = slice(0, 50)
    assert told[popular] == pytest.approx(np.ones(50), abs=0.01)
    assert often[popular] / 300 == pytest.approx(np.ones(50), abs=0.01)
    rare = slice(50, LARGE)
    uniform = 1 - (1 - 1 / LARGE) ** UNIFORM_NEGATIVES
    assert uniform < told[rare].mean() < uniform + 0.1
    assert (often[rare] / 300).mean() == pytest.approx(told[rare].mean(), rel=0.02)


def test_there_are_no_more_candidates_than_a_batch_can_hold():
    """One user with 19,000 items has more targets than are drawn: those that are no candidates are left out."""
    histories = Histories(np.array([0, 19_000]), np.arange(19_000, dtype=np.int32), LARGE)
    (batch,) = batches(histories, 1, 1, 0)
    assert MOST_TARGETS <= len(batch.candidates) <= MOST_TARGETS + UNIFORM_NEGATIVES
    assert MOST_TARGETS <= len(batch.targets) < 19_000 - len(batch.asked)
    assert not set(batch.candidates[batch.targets].tolist()) & set(batch.asked.tolist())


@pytest.mark.parametrize(
    ("users", "wanted", "size"),
    [(3, None, 3), (100, None, 64), (45 * 256, None, 256), (10**6, None, 1024), (10**6, 5000, 5000), (40, 5000, 40)],
)
def test_a_batch_grows_with_the_users_unless_its_size_is_given(users, wanted, size):
    assert batch_size(users, wanted) == size
