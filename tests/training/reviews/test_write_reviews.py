"""Reviews written by number carry the right names, and nobody else's."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reviews import write_reviews as module
from reviews.write_reviews import write_items, write_reviews

USERS = pa.array(["ann", "bob", "cid", "dan", "eve"])
ITEMS = pa.array([f"beer {n}" for n in range(7)])
COLUMNS = ["user", "item", "score", "timestamp"]
ROWS = pa.table(
    {
        "user_id": pa.array([0, 0, 1, 1, 3, 3, 3], pa.int32()),
        "item_id": pa.array([2, 5, 0, 6, 1, 2, 3], pa.int32()),
        "score": [1.0, 2.0, 3.0, 4.0, 5.0, 1.5, 2.5],
        "timestamp": pa.array([None, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]),
    }
)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write ROWS in batches of a size and row groups of 3; the file."""
    monkeypatch.setattr(module, "ROWS", 3)

    def written(batch, columns=COLUMNS):
        path = tmp_path / f"{batch}.parquet"
        write_reviews(path, ROWS.to_batches(max_chunksize=batch), USERS, ITEMS, columns)
        return path

    return written


def test_names_stand_in_place_of_numbers(write):
    table = pq.read_table(write(7))
    assert table.schema.types == [pa.string(), pa.string(), pa.float64(), pa.float64()]
    assert table["user"].to_pylist() == ["ann", "ann", "bob", "bob", "dan", "dan", "dan"]
    assert table["item"].to_pylist() == [f"beer {n}" for n in (2, 5, 0, 6, 1, 2, 3)]
    assert table["score"].equals(ROWS["score"])
    assert table["timestamp"].to_pylist() == ROWS["timestamp"].to_pylist()


def test_the_cut_into_batches_changes_no_byte(write):
    assert len({write(batch).read_bytes() for batch in (1, 2, 3, 5, 7)}) == 1
    assert pq.ParquetFile(write(7)).num_row_groups == 3


def test_a_dictionary_holds_only_names_that_occur(write):
    column = pq.read_table(write(7), read_dictionary=["user"])["user"]
    assert set(column.unify_dictionaries().chunk(0).dictionary.to_pylist()) == {"ann", "bob", "dan"}


def test_columns_that_are_not_asked_for_are_not_written(write):
    assert pq.read_table(write(7, COLUMNS[:3])).column_names == COLUMNS[:3]


@pytest.mark.parametrize("rows", [3, 100])
def test_what_is_written_is_counted(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(module, "ROWS", rows)
    twice = [*ROWS.to_batches(max_chunksize=2), *ROWS.slice(3).to_batches()]
    found = write_reviews(tmp_path / "a.parquet", twice, USERS, ITEMS, COLUMNS)
    assert found.of_items.tolist() == [1, 2, 3, 2, 0, 1, 2]
    of_scores = Counter()
    for score, count in zip(found.scores.tolist(), found.of_scores.tolist(), strict=True):
        of_scores[score] += count
    assert of_scores == {1.0: 1, 2.0: 1, 3.0: 1, 4.0: 2, 5.0: 2, 1.5: 2, 2.5: 2}


def test_no_rows_make_an_empty_file(tmp_path):
    found = write_reviews(tmp_path / "none.parquet", [], USERS, ITEMS, COLUMNS)
    assert pq.read_metadata(tmp_path / "none.parquet").num_rows == 0
    assert found.of_items.tolist() == [0] * 7
    assert len(found.scores) == len(found.of_scores) == 0


def test_items_are_written_at_the_places_asked_for(tmp_path):
    items = pa.table({"item": ITEMS, "abv": [4.5, None, 5.0, 6.5, 7.0, 9.0, None]})
    write_items(tmp_path / "items.parquet", items, np.array([1, 2, 5]))
    assert pq.read_table(tmp_path / "items.parquet").to_pydict() == {
        "item": ["beer 1", "beer 2", "beer 5"],
        "abv": [None, 5.0, 9.0],
    }


def test_numbers_far_apart_and_many_rows(tmp_path):
    count = 2_000
    numbers = np.sort(np.random.default_rng(1).choice(10_000, count)).astype(np.int32)
    names = pa.array([f"name {n}" for n in range(10_000)])
    rows = {"user_id": numbers, "item_id": numbers[::-1].copy(), "score": np.ones(count)}
    write_reviews(tmp_path / "a.parquet", pa.table(rows).to_batches(), names, names, ["user", "item"])
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["user"].to_pylist() == [f"name {n}" for n in numbers]
    assert table["item"].to_pylist() == [f"name {n}" for n in numbers[::-1]]
