"""What the network is told of a review: the right numbers, and nothing of the review's own score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.item_features import NO_FEATURES
from tests.training.ratings_at_hand import drawn_ratings, low_rank, one_feature, ratings

pytestmark = pytest.mark.slow

COLUMNS = ("bias", "log reviews", "spread")
FEATURE = ("value mean", "own mean", "own", "lift", "user's lift", "item's lift")


@pytest.fixture(scope="module")
def modules(tf):
    from ranking import cross_fitting as ranking_cross_fitting
    from ranking import inputs as ranking_inputs
    from ranking import tables as rating_tables

    return ranking_inputs, ranking_cross_fitting, rating_tables


def told(modules, reviews, features, users, items):
    """Named columns of the dense inputs."""
    inputs, _, tables = modules
    found = inputs.in_blocks(
        inputs.RankingInputs(tables.tables_of(reviews, features, 2, 1), features),
        np.array(users, dtype=np.int32),
        np.array(items, dtype=np.int32),
    )
    names = [f"user {name}" for name in COLUMNS] + [f"item {name}" for name in COLUMNS] + ["biases", "product"]
    names += [f"{feature} {name}" for feature in features.codes for name in FEATURE]
    assert found.shape == (len(users), len(names))
    return dict(zip(names, found.T, strict=True))


# i00 and i01 are of style 1, i02 of 2; u00 has reviewed all three, u01 i00 alone
REVIEWS = ratings([(0, 0, 5.0), (0, 1, 4.0), (0, 2, 1.0), (1, 0, 3.0)], 2, 3)
STYLES = one_feature([1, 1, 2])


def test_counts_and_lifts_by_hand(modules):
    asked = [(0, 0), (0, 2), (1, 2), (2, 0), (0, 3)]  # known pairs; one not reviewed; an unknown user; an unknown item
    found = told(modules, REVIEWS, STYLES, *zip(*asked, strict=True))
    log = np.log1p
    assert found["user log reviews"] == pytest.approx([log(3), log(3), log(1), 0, log(3)])
    assert found["item log reviews"] == pytest.approx([log(2), log(1), log(1), log(2), 0])
    assert found["style own"] == pytest.approx([log(2), log(1), 0, 0, 0])
    # style 1 has three quarters of the reviews, style 2 one; of the unknown item's style nobody has any
    lifts = [log(2) - log(3 * 0.75), log(1) - log(3 * 0.25), -log(0.25), 0, 0]
    assert found["style lift"] == pytest.approx(lifts, abs=1e-6)


def test_mean_lifts_are_of_the_other_reviews_and_pulled_towards_zero(modules):
    found = told(modules, REVIEWS, STYLES, [0, 1, 2], [0, 2, 0])
    log = np.log1p
    # each review's lift: u00 has one more of style 1 and none of 2, of two others; u01 has no other
    lifts = np.array([log(1) - log(2 * 0.75)] * 2 + [-log(2 * 0.25), 0.0])
    left = lifts - lifts.mean()
    assert found["style user's lift"] == pytest.approx([left[:3].sum() / 6, left[3] / 4, 0], abs=1e-6)
    of_items = [(left[0] + left[3]) / 5, left[2] / 4, (left[0] + left[3]) / 5]
    assert found["style item's lift"] == pytest.approx(of_items, abs=1e-6)


def test_means_are_of_what_the_biases_leave(modules):
    _, _, tables = modules
    made = tables.tables_of(REVIEWS, STYLES, 2, 1)
    biases = made.users[:-1, 0][REVIEWS.users] + made.items[:-1, 0][REVIEWS.items]
    left = REVIEWS.scores - REVIEWS.scores.mean() - biases
    found = told(modules, REVIEWS, STYLES, [0, 0, 1, 1], [0, 2, 1, 2])
    own = [left[:2].sum() / 5, left[2] / 4, left[3] / 4, 0.0]
    assert found["style own mean"] == pytest.approx(own, abs=1e-5)
    values = [left[[0, 1, 3]].sum() / 6, left[2] / 4]
    assert found["style value mean"] == pytest.approx([values[0], values[1], values[0], values[1]], abs=1e-5)
    spread = np.sqrt(((left[:3] ** 2).sum() + 3 * (left**2).mean()) / 6)
    assert found["user spread"][:2] == pytest.approx([spread, spread], abs=1e-5)


def test_blocks_do_not_show(modules):
    inputs, _, tables = modules
    made = inputs.RankingInputs(tables.tables_of(REVIEWS, STYLES, 2, 1), STYLES)
    users, items = np.array([0, 1, 2] * 50_000, np.int32), np.array([0, 2, 3] * 50_000, np.int32)
    assert len(users) > inputs.BLOCK
    found = inputs.in_blocks(made, users, items)
    np.testing.assert_array_equal(found, np.tile(found[:3], (50_000, 1)))
    assert inputs.in_blocks(made, users[:0], items[:0]).shape == (0, found.shape[1])


@given(drawn_ratings(fewest=5), st.integers(0, 2**16), st.data())
@settings(max_examples=8, deadline=None)
def test_a_review_s_own_score_is_in_none_of_its_inputs(modules, reviews, seed, data):
    """Change one score: the inputs of its whole fold stay as they are."""
    _, cross_fitting, tables = modules
    features = one_feature([number % 3 for number in range(len(reviews.item_names))])
    changed = data.draw(st.integers(0, len(reviews) - 1))
    scores = reviews.scores.copy()
    scores[changed] += 2.0

    def examples(of):
        return cross_fitting.cross_fitted(of, features, lambda some: tables.tables_of(some, features, 2, 1), seed)

    before, after = examples(reviews), examples(replace(reviews, scores=scores))
    fold, _ = cross_fitting.folds_of(reviews, seed)
    mates = {(reviews.users[row], reviews.items[row]) for row in np.flatnonzero(fold == fold[changed])}
    same = [pair in mates for pair in zip(before.users, before.items, strict=True)]
    np.testing.assert_array_equal(before.dense[same], after.dense[same])
    moved = before.scores != after.scores
    pair = reviews.users[changed], reviews.items[changed]
    assert [(before.users[row], before.items[row]) for row in np.flatnonzero(moved)][:1] == [pair]


def test_every_review_is_an_example_once_and_some_again_as_of_an_unknown_user(modules):
    _, cross_fitting, tables = modules
    reviews = low_rank(60, 50, 0.4, seed=2)
    found = cross_fitting.cross_fitted(reviews, NO_FEATURES, lambda some: tables.tables_of(some, NO_FEATURES, 2, 1), 3)
    known = found.users < 60
    pairs = zip(found.users[known], found.items[known], found.scores[known], strict=True)
    assert sorted(pairs) == sorted(zip(reviews.users, reviews.items, reviews.scores.astype("f4"), strict=True))
    assert (~known).sum() == pytest.approx(0.02 * len(reviews), rel=0.5)
    # of whom nothing is known: bias, number and product are zero
    assert (found.dense[~known][:, [0, 1, 7]] == 0).all()


def test_of_many_reviews_some_folds_are_enough(modules):
    for number, folds, used in ((1000, 5, 5), (1_000_000, 5, 5), (2_500_000, 5, 2), (10_000_000, 20, 2)):
        fold, found = modules[1].folds_of(range(number), 1)
        assert (fold.max() + 1, found) == (folds, used)
        sizes = np.bincount(fold)
        assert sizes.max() - sizes.min() <= 1


def test_too_few_reviews_for_folds_are_refused(modules):
    with pytest.raises(ValueError, match="4 reviews cannot be dealt into 5 folds"):
        modules[1].cross_fitted(REVIEWS, STYLES, None, 1)
