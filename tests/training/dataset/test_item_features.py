"""What items.parquet tells of the items, as codes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.interactions import InteractionsError
from dataset.item_features import read_item_features

NAMES = np.array(["stout", "ale", "new"], dtype=object)


@pytest.fixture
def read(tmp_path):
    """Write columns to items.parquet and read them for names (default: three, of which "new" has no row)."""

    def write_and_read(names=NAMES, **columns):
        pq.write_table(pa.table(columns), tmp_path / "items.parquet")
        return read_item_features(tmp_path, names)

    return write_and_read


def test_categories_are_numbered_from_one_in_order_and_zero_is_not_known(read):
    found = read(item=["ale", "porter", "stout"], style=["pale", None, "dark"])
    assert found.codes["style"].tolist() == [1, 2, 0]  # dark, pale; no row for "new"
    assert found.sizes == {"style": 3}
    assert found.codes["style"].dtype == np.int32


def test_the_order_of_rows_does_not_matter(read):
    one = read(item=["ale", "stout"], style=["pale", "dark"])
    other = read(item=["stout", "ale"], style=["dark", "pale"])
    assert one.codes["style"].tolist() == other.codes["style"].tolist()


def test_numbers_fall_into_ten_equally_filled_bins(read):
    names = np.array([f"i{n}" for n in range(101)], dtype=object)
    found = read(names, item=list(names), abv=[float(n) for n in range(100)] + [None])
    counts = np.bincount(found.codes["abv"])
    assert counts.tolist() == [1] + [10] * 10  # 0: not known
    assert found.sizes == {"abv": 11}
    assert (np.diff(found.codes["abv"][:100]) >= 0).all()


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf")])
def test_a_number_that_is_none_is_not_known(read, nothing):
    found = read(item=["stout", "ale"], abv=pa.array([nothing, 5.0], pa.float64()))
    assert found.codes["abv"][0] == 0
    assert found.codes["abv"][1] > 0


def test_whole_numbers_with_gaps_are_numbers_too(read):
    found = read(item=["stout", "ale"], year=pa.array([None, 1998], pa.int32()))
    assert found.codes["year"][0] == 0 < found.codes["year"][1] < found.sizes["year"]


def test_a_column_that_tells_nothing_is_no_feature(read):
    found = read(item=["stout", "ale"], style=pa.array([None, None], pa.string()), abv=pa.array([None] * 2, "double"))
    assert found.codes == {}
    assert found.sizes == {}


def test_items_of_other_data_are_all_unknown(read):
    assert read(item=["wine"], style=["red"]).codes["style"].tolist() == [0, 0, 0]


def test_a_file_without_rows_has_no_features(read):
    assert read(item=pa.array([], pa.string()), style=pa.array([], pa.string())).codes == {}


def test_without_a_file_there_are_no_features(tmp_path):
    for place in (None, tmp_path, tmp_path / "nowhere"):
        assert read_item_features(place, NAMES).codes == {}


def test_a_file_that_is_not_the_items_file_is_named(tmp_path, read):
    with pytest.raises(InteractionsError, match=r"items\.parquet is not the items file"):
        read(beer=["ale"], style=["pale"])
    (tmp_path / "items.parquet").write_bytes(b"this is no Parquet")
    with pytest.raises(InteractionsError, match=r"items\.parquet is not the items file"):
        read_item_features(tmp_path, NAMES)
