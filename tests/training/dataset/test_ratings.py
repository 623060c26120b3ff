"""Reviews with scores, read and renamed."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.interactions import InteractionsError
from dataset.ratings import read_ratings
from ranking.validation import set_aside
from tests.training.ratings_at_hand import low_rank, ratings, write


def test_names_are_in_order_and_positions_point_to_them(tmp_path):
    table = pa.table({"user": ["b", "a", "b"], "item": ["y", "y", "x"], "score": [1.0, 2.5, 5.0]})
    pq.write_table(table, tmp_path / "train.parquet")
    found = read_ratings(tmp_path)
    assert (found.user_names.tolist(), found.item_names.tolist()) == (["a", "b"], ["x", "y"])
    assert (found.users.tolist(), found.items.tolist()) == ([1, 0, 1], [1, 1, 0])
    assert found.scores.tolist() == [1.0, 2.5, 5.0]
    assert len(found) == 3


def test_what_has_no_name_in_the_other_reviews_is_unknown():
    own, other = ratings([(0, 2, 1.0), (1, 0, 2.0)], 2, 3), ratings([(0, 0, 3.0)], 1, 2)
    named = own.named_as(other)
    assert (named.users.tolist(), named.items.tolist()) == ([0, -1], [-1, 0])
    assert named.scores.tolist() == own.scores.tolist()


def test_rows_are_selected_and_users_forgotten():
    some = ratings([(0, 1, 1.0), (1, 0, 2.0)], 2, 2).where([False, True])
    assert (some.users.tolist(), some.scores.tolist()) == ([1], [2.0])
    assert some.by_unknown_users().users.tolist() == [2]


def test_a_file_without_scores_or_with_a_score_that_is_no_number_is_refused(tmp_path):
    file = write(tmp_path / "train.parquet", ratings([(0, 0, 3.0), (0, 1, float("nan"))], 1, 2))
    with pytest.raises(InteractionsError, match="1 scores are no finite number"):
        read_ratings(file)
    pq.write_table(pa.table({"user": ["a"], "item": ["x"]}), file)
    with pytest.raises(InteractionsError, match="has no column score"):
        read_ratings(file)


def test_a_tenth_is_set_aside_to_validate_on():
    reviews = low_rank(60, 50, 0.4, seed=2)
    kept, aside = set_aside(reviews, 1)
    assert len(aside) == len(reviews) // 10
    rows = [sorted(zip(part.users, part.items, part.scores, strict=True)) for part in (kept, aside, reviews)]
    assert sorted(rows[0] + rows[1]) == rows[2]
