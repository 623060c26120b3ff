"""Reviews as the jobs handle them in memory: who reviewed what, as positions in two lists of names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contract.container import JobError


class InteractionsError(JobError):
    """A Parquet file of reviews is missing, unreadable or empty."""


@dataclass(frozen=True)
class Interactions:
    """``users[n]`` reviewed ``items[n]`` (int32 positions in ``user_names`` and ``item_names``).

    ``item_names`` is in order of popularity (equally popular ones by name), ``user_names`` in order of name.
    """

    users: np.ndarray
    items: np.ndarray
    user_names: np.ndarray
    item_names: np.ndarray

    def __len__(self) -> int:
        return len(self.users)

    def where(self, rows: np.ndarray) -> Interactions:
        """Only the given rows (bool [r]); the lists of names stay as they are."""
        return replace(self, users=self.users[rows], items=self.items[rows])

    @property
    def item_counts(self) -> np.ndarray:
        """Reviews of each item [items], falling."""
        return np.bincount(self.items, minlength=len(self.item_names))


def read_interactions(path: Path) -> Interactions:
    """Read columns ``user`` and ``item`` of a Parquet file, or of the only Parquet file in a folder.

    Raises InteractionsError when there is none, it cannot be read or holds no row.
    """
    table = read_columns(path, ["user", "item"])
    users, user_names = positions_of(table["user"])
    items, item_names = positions_of(table["item"])
    # Names are sorted and the sort is stable, so equally popular items stay in order of name.
    by_popularity = np.argsort(-np.bincount(items, minlength=len(item_names)), kind="stable")
    place = np.empty_like(by_popularity)
    place[by_popularity] = np.arange(len(by_popularity))
    return Interactions(users, place[items].astype(np.int32), user_names, item_names[by_popularity])


def read_columns(path: Path, columns: list[str]) -> pa.Table:
    """Columns of a Parquet file, or of the only one in a folder; at least one row. Raises InteractionsError."""
    file = _only_file(path)
    try:
        missing = [column for column in columns if column not in pq.read_schema(file).names]
        if missing:
            raise InteractionsError(f"{file} has no column {', '.join(missing)}; it is to be written by preprocess.py")
        table = pq.read_table(file, columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise InteractionsError(f"{file} is not a readable Parquet file: {error}") from error
    if not table.num_rows:
        raise InteractionsError(f"{file} holds no review")
    return table


def _only_file(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.glob("*.parquet")) if path.is_dir() else []
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise InteractionsError(f"expected one Parquet file at {path}, found {names}")
    return found[0]


def positions_of(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Each value's position among the sorted distinct values (int32), and those values."""
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    names = np.array(encoded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(names, kind="stable")
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place[encoded.indices.to_numpy(zero_copy_only=False)], names[order]
