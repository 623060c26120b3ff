"""Reviews by user."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.histories import histories_of
from tests.training.reviews_at_hand import drawn_reviews, interactions


def test_histories_worked_out_by_hand():
    """User 1 has no review, item 3 neither."""
    found = histories_of(interactions([(2, 0), (0, 2), (2, 1), (0, 0)], users=3, items=4))
    assert len(found) == 3
    assert found.catalogue == 4
    assert found.splits.tolist() == [0, 2, 2, 4]
    assert found.items.tolist() == [0, 2, 0, 1]
    assert found.lengths.tolist() == [2, 0, 2]
    assert found.item_counts.tolist() == [2, 1, 1, 0]
    assert found.matrix().toarray().tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0]]


@settings(derandomize=True, deadline=None, max_examples=80)
@given(drawn_reviews(), st.data())
def test_any_users_are_found_in_any_order_with_repeats(reviews, data):
    found = histories_of(reviews)
    users = data.draw(st.lists(st.integers(0, len(found) - 1), max_size=12))
    items, places = found.of(np.array(users, dtype=np.int64))
    expected = [
        (place, item)
        for place, user in enumerate(users)
        for item in sorted(reviews.items[reviews.users == user].tolist())
    ]
    assert list(zip(places.tolist(), items.tolist(), strict=True)) == expected


@settings(derandomize=True, deadline=None, max_examples=80)
@given(drawn_reviews(), st.randoms(use_true_random=False))
def test_the_order_of_the_reviews_does_not_matter(reviews, random):
    order = list(range(len(reviews)))
    random.shuffle(order)
    shuffled = interactions(
        [(int(reviews.users[row]), int(reviews.items[row])) for row in order],
        len(reviews.user_names),
        len(reviews.item_names),
    )
    one, other = histories_of(reviews), histories_of(shuffled)
    assert one.splits.tolist() == other.splits.tolist()
    assert one.items.tolist() == other.items.tolist()
