"""Reviews in Parquet, with the names in place of their numbers.

The numbers are the dictionaries' own codes, so no name is looked at while millions of reviews are written. To any
reader the columns are texts; one that asks for dictionaries (pyarrow: read_dictionary) reads them several times as
fast.

What is written is counted on the way, which is less work than to ask the engine for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 1_000_000  # of a row group, which has a dictionary of its own
DICTIONARY_LIMIT = 1 << 30  # bytes: a dictionary is never given up for plain texts
NAMES = pa.dictionary(pa.int32(), pa.string())
COLUMNS = {"user": NAMES, "item": NAMES, "score": pa.float64(), "timestamp": pa.float64()}


@dataclass(frozen=True)
class Written:
    """How many reviews are of each item (``of_items``: int64 [items], by item_id), and how many of each score
    (``of_scores``: int64 [n], of ``scores``: float64 [n], among which one may be several times).
    """

    of_items: np.ndarray
    scores: np.ndarray
    of_scores: np.ndarray


def write_reviews(
    path: Path, batches: Iterable[pa.RecordBatch], users: pa.Array, items: pa.Array, columns: list[str]
) -> Written:
    """Write ``columns`` (of user, item, score, timestamp) of rows user_id, item_id (int32), score, timestamp.

    ``users[user_id]`` and ``items[item_id]`` are the names. The same rows in the same order make the same bytes,
    however they are cut into batches.
    """
    schema = pa.schema([(column, COLUMNS[column]) for column in columns])
    of_items = np.zeros(len(items), dtype=np.int64)
    scores, of_scores = [np.empty(0)], [np.empty(0, dtype=np.int64)]
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=["user", "item", "score"],
        # The first bytes of all timestamps, then the second ...: they are alike, so compression is faster and better.
        use_byte_stream_split=["timestamp"] if "timestamp" in columns else False,
        dictionary_pagesize_limit=DICTIONARY_LIMIT,
        write_statistics=False,  # of names they cost more than writing them, and nobody skips rows by them
        store_schema=False,  # else a reader would take the names for categories
    ) as writer:
        for table in _row_groups(batches):
            user, item = _Numbers.of(table["user_id"]), _Numbers.of(table["item_id"])
            of_items[item.occurring] += item.counts
            given = table["score"].value_counts()
            scores.append(np.from_dlpack(given.field("values")))
            of_scores.append(np.from_dlpack(given.field("counts")))
            values = {"user": user.named(users), "item": item.named(items)}
            filled = [values[column] if column in values else table[column] for column in columns]
            writer.write_table(pa.table(filled, schema=schema), row_group_size=ROWS)
    return Written(of_items, np.concatenate(scores), np.concatenate(of_scores))


def write_items(path: Path, items: pa.Table, places: np.ndarray) -> None:
    """Write the rows of ``items`` at ``places`` [n]."""
    repeated = [name for name in items.column_names if name != "item"]
    pq.write_table(
        items.take(_int32(places)), path, compression="zstd", use_dictionary=repeated or False, store_schema=False
    )


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Tables of exactly ROWS rows, and a last one of what remains."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        while count + len(batch) >= ROWS:
            wanted = ROWS - count
            yield pa.Table.from_batches([*held, batch.slice(0, wanted)])
            held, count, batch = [], 0, batch.slice(wanted)
        if len(batch):
            held.append(batch)
            count += len(batch)
    if held:
        yield pa.Table.from_batches(held)


@dataclass(frozen=True)
class _Numbers:
    """A column of numbers: which are ``occurring`` [n], in order, how often each (``counts`` [n]), and of each row the
    place among these (``codes`` [rows], int32).
    """

    occurring: np.ndarray
    counts: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> _Numbers:
        numbers = np.from_dlpack(column.combine_chunks())
        first = numbers.min()
        counts = np.bincount(numbers - first)
        codes = np.cumsum(counts > 0, dtype=np.int32) - 1
        (occurring,) = counts.nonzero()
        return cls(occurring + first, counts[occurring], codes[numbers - first])

    def named(self, names: pa.Array) -> pa.DictionaryArray:
        """The names of the numbers as a dictionary of only those that occur."""
        return pa.DictionaryArray.from_arrays(_int32(self.codes), names.take(_int32(self.occurring)))


def _int32(values: np.ndarray) -> pa.Array:
    """As pa.array does it; that, like pyarrow's to_numpy, would import pandas first, which takes most of a second."""
    buffer = pa.py_buffer(np.ascontiguousarray(values, dtype=np.int32))
    return pa.Array.from_buffers(pa.int32(), len(values), [None, buffer])
