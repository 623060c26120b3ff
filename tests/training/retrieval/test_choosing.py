"""Settings are climbed to, on a validator whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.histories import histories_of
from retrieval.choosing import EXPONENTS, SHRINKAGES, Decompositions, RidgeSettings, choose, describe
from tests.training.reviews_at_hand import interactions

RANKS = (16, 32, 64)
WIDEST = RANKS[-1]
NOTHING = np.zeros(4, dtype=np.float32)


class Known:
    """Decompositions whose tables are the settings themselves."""

    widest = WIDEST

    def __init__(self, first: RidgeSettings) -> None:
        self.first = first

    def tables(self, chosen: RidgeSettings) -> tuple[np.ndarray, np.ndarray]:
        row = np.array([[chosen.exponent, chosen.shrinkage, chosen.rank]])
        return row, row


class Hills:
    """Scores settings by a function of (exponent, shrinkage, rank) and counts what it was asked."""

    def __init__(self, height) -> None:
        self.height, self.asked = height, []

    def score(self, towers) -> float:
        self.asked.append(tuple(towers.history[0].tolist()))
        return self.height(*self.asked[-1])


def distance_to(exponent, shrinkage, rank):
    """One summit, with a slope along each setting."""

    def height(e, s, r):
        return -abs(e - exponent) - abs(np.log2(s / shrinkage)) - abs(np.log2(r / rank))

    return height


FIRST = st.builds(RidgeSettings, st.sampled_from(EXPONENTS), st.sampled_from(SHRINKAGES), st.sampled_from(RANKS))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(FIRST, FIRST)
def test_the_summit_is_found_from_anywhere(first, summit):
    hills = Hills(distance_to(summit.exponent, summit.shrinkage, summit.rank))
    found, score = choose(Known(first), NOTHING, hills)
    assert found == summit
    assert score == 0
    assert len(set(hills.asked)) == len(hills.asked)  # nothing is scored twice


@settings(derandomize=True, deadline=None, max_examples=60)
@given(FIRST, st.integers(0, 2**32 - 1))
def test_it_never_ends_below_where_it_began_nor_where_a_step_leads_higher(first, seed):
    heights = np.random.default_rng(seed).random(997)

    def height(exponent, shrinkage, rank):
        return float(heights[hash((exponent, shrinkage, rank)) % 997])

    found, score = choose(Known(first), NOTHING, Hills(height))
    assert score == height(found.exponent, found.shrinkage, found.rank)
    assert score >= height(first.exponent, first.shrinkage, first.rank)
    for name, steps in {"exponent": EXPONENTS, "shrinkage": SHRINKAGES, "rank": RANKS}.items():
        place = steps.index(getattr(found, name))
        for near in steps[max(place - 1, 0) : place + 2]:
            assert height(**vars(replace(found, **{name: near}))) <= score


def test_where_all_is_equal_it_stays():
    first = RidgeSettings(exponent=0.5, shrinkage=SHRINKAGES[0], rank=WIDEST)
    assert choose(Known(first), NOTHING, Hills(lambda *_: 0.5)) == (first, 0.5)


@pytest.fixture
def histories():
    random = np.random.default_rng(1)
    return histories_of(interactions(np.argwhere(random.random((40, 15)) < 0.3).tolist(), 40, 15))


def test_where_all_vectors_are_computed_it_begins_wide(histories):
    decompositions = Decompositions(histories, seed=1)
    assert decompositions.exact
    assert decompositions.first.rank == decompositions.widest == 15


def test_narrower_tables_come_from_the_same_decomposition(histories):
    decompositions = Decompositions(histories, seed=1)
    narrow = decompositions.tables(RidgeSettings(rank=3))
    wide = decompositions.tables(RidgeSettings(rank=15))
    assert np.array_equal(narrow[0], wide[0][:, :3])
    assert narrow[1].shape == (15, 3)


def test_settings_are_told_in_words():
    assert describe(RidgeSettings(0.25, 400.0, 64)) == "exponent=0.25 shrinkage=400 rank=64"
