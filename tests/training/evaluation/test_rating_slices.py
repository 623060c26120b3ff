"""Which held-out reviews fall into which part."""

from __future__ import annotations

from hypothesis import given, settings

from evaluation.rating_slices import item_slices, user_slices
from evaluation.slices import ITEM_SLICES, USER_SLICES
from tests.training.ratings_at_hand import drawn_ratings, ratings

# i00 has 3 of the 6 train reviews, i01 2, i02 1: head, mid (from the third on) and tail; i03 none
TRAIN = ratings([(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 0, 1), (1, 1, 1), (2, 0, 1)], 4, 4)


def rows(slices):
    return {name: found.nonzero()[0].tolist() for name, found in slices.items() if found.any()}


def test_items_by_thirds_of_the_train_reviews():
    test = ratings([(0, 0, 1), (1, 1, 1), (2, 2, 1), (0, 3, 1), (3, -1, 1)], 4, 4)
    # what stands before an item decides: nothing, a half, five sixths, everything
    assert rows(item_slices(test, TRAIN)) == {
        "items_head": [0],
        "items_mid": [1],
        "items_tail": [2, 3],
        "items_unknown": [4],
    }


def test_users_by_the_median_of_their_train_reviews():
    test = ratings([(0, 0, 1), (0, 1, 1), (1, 0, 1), (2, 0, 1), (-1, 0, 1)], 4, 4)
    # 3, 2 and 1 reviews, counted once a user: the median is 2
    assert rows(user_slices(test, TRAIN)) == {
        "users_few_reviews": [2, 3],
        "users_many_reviews": [0, 1],
        "users_unknown": [4],
    }


def test_where_nobody_is_known_all_are_unknown():
    test = ratings([(-1, 0, 1)], 4, 4)
    assert rows(user_slices(test, TRAIN)) == {"users_unknown": [0]}


@settings(deadline=None)
@given(drawn_ratings(), drawn_ratings())
def test_every_review_is_in_one_slice_of_either_kind(test, train):
    named = test.named_as(train)
    for slices, names in ((item_slices(named, train), ITEM_SLICES), (user_slices(named, train), USER_SLICES)):
        assert tuple(slices) == names
        assert (sum(slices.values()) == 1).all()
