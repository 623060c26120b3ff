"""What is known of the items beside who reviewed them: categories (style, brewery) and binned numbers (abv)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dataset.interactions import InteractionsError

ITEMS = "items.parquet"
BINS = 10  # of a number, equally filled


@dataclass(frozen=True)
class ItemFeatures:
    """For each feature by name: codes int32 [n], one per item, from 0 (not known) to ``sizes[name] - 1``."""

    codes: dict[str, np.ndarray]
    sizes: dict[str, int]


NO_FEATURES = ItemFeatures({}, {})


def read_item_features(path: Path | None, item_names: np.ndarray) -> ItemFeatures:
    """Every column of items.parquet but ``item``, for the items ``item_names`` [n] in that order.

    Without a file there are no features. Raises InteractionsError for a file that cannot be read or has no ``item``.
    """
    file = items_file(path)
    if file is None:
        return NO_FEATURES
    try:
        table = pq.read_table(file)
        place = {name: row for row, name in enumerate(table["item"].to_pylist())}
    except (pa.ArrowInvalid, KeyError, OSError) as error:
        raise InteractionsError(f"{file} is not the items file that preprocess.py writes: {error}") from error
    rows = np.array([place.get(name, -1) for name in item_names], dtype=np.int64)
    codes, sizes = {}, {}
    for name in table.column_names:
        if name == "item":
            continue
        column = table[name]
        numeric = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
        coded = _bins(column) if numeric else _categories(column)
        if (known := int(coded.max(initial=0))) > 0:
            codes[name] = np.where(rows >= 0, coded[rows], 0).astype(np.int32)
            sizes[name] = known + 1
    return ItemFeatures(codes, sizes)


def items_file(path: Path | None) -> Path | None:
    """``path`` itself or the items.parquet in it, if there is one."""
    file = path / ITEMS if path is not None and path.is_dir() else path
    return file if file is not None and file.is_file() else None


def _categories(column: pa.ChunkedArray) -> np.ndarray:
    values = column.cast(pa.string()).to_pylist()
    code = {value: number for number, value in enumerate(sorted({v for v in values if v is not None}), start=1)}
    return np.array([code.get(value, 0) for value in values], dtype=np.int32)


def _bins(column: pa.ChunkedArray) -> np.ndarray:
    values = column.cast(pa.float64()).to_numpy()
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), dtype=np.int32)
    edges = np.unique(np.quantile(values[known], np.arange(1, BINS) / BINS))
    return np.where(known, 1 + np.searchsorted(edges, values, side="right"), 0).astype(np.int32)
