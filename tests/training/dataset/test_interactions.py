"""Reviews as they are read: positions in lists of names, the popular items first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.interactions import InteractionsError, read_interactions
from tests.training.reviews_at_hand import write

ROWS = [("bob", "porter"), ("ann", "stout"), ("ann", "ale"), ("cid", "stout"), ("émile", "bock")]


def test_users_are_in_order_of_name_and_items_of_popularity_then_of_name(tmp_path):
    found = read_interactions(write(tmp_path / "train.parquet", ROWS))
    assert found.user_names.tolist() == ["ann", "bob", "cid", "émile"]
    assert found.item_names.tolist() == ["stout", "ale", "bock", "porter"]
    assert found.item_counts.tolist() == [2, 1, 1, 1]
    rows = zip(found.user_names[found.users].tolist(), found.item_names[found.items].tolist(), strict=True)
    assert list(rows) == ROWS
    assert found.users.dtype == found.items.dtype == np.int32


def test_some_rows_keep_all_names(tmp_path):
    found = read_interactions(write(tmp_path / "train.parquet", ROWS))
    part = found.where(np.array([True, False, False, False, False]))
    assert len(part) == 1
    assert part.item_names is found.item_names
    assert part.item_counts.tolist() == [0, 0, 0, 1]


def test_a_folder_may_hold_one_file(tmp_path):
    write(tmp_path / "any name.parquet", ROWS)
    assert len(read_interactions(tmp_path)) == 5
    write(tmp_path / "second.parquet", ROWS)
    with pytest.raises(
        InteractionsError, match=r"expected one Parquet file .*found any name\.parquet, second\.parquet"
    ):
        read_interactions(tmp_path)


def test_what_cannot_be_used_is_named(tmp_path):
    file = tmp_path / "train.parquet"
    with pytest.raises(InteractionsError, match="found none"):
        read_interactions(tmp_path)
    file.write_bytes(b"this is no Parquet")
    with pytest.raises(InteractionsError, match=r"train\.parquet is not a readable Parquet file"):
        read_interactions(file)
    pq.write_table(pa.table({"user": ["ann"], "beer": ["ale"]}), file)
    with pytest.raises(InteractionsError, match=r"train\.parquet has no column item"):
        read_interactions(file)
    with pytest.raises(InteractionsError, match=r"train\.parquet holds no review"):
        read_interactions(write(file, []))
