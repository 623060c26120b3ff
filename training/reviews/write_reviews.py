"""Reviews in Parquet, with the names in place of their numbers.

The numbers are the dictionaries' own codes, so no name is looked at while millions of reviews are written. To any
reader the columns are texts; one that asks for dictionaries (pyarrow: read_dictionary) reads them several times as
fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 1_000_000  # of a row group, which has a dictionary of its own
DICTIONARY_LIMIT = 1 << 30  # bytes: a dictionary is never given up for plain texts
NAMES = pa.dictionary(pa.int32(), pa.string())
COLUMNS = {"user": NAMES, "item": NAMES, "score": pa.float64(), "timestamp": pa.float64()}


def write_reviews(
    path: Path, batches: Iterable[pa.RecordBatch], users: pa.Array, items: pa.Array, columns: list[str]
) -> None:
    """Write ``columns`` (of user, item, score, timestamp) of rows user_id, item_id (int32), score, timestamp.

    ``users[user_id]`` and ``items[item_id]`` are the names. The same rows in the same order make the same bytes,
    however they are cut into batches.
    """
    schema = pa.schema([(column, COLUMNS[column]) for column in columns])
    names = {"user": users, "item": items}
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
            values = [
                _named(table[f"{column}_id"], names[column]) if column in names else table[column] for column in columns
            ]
            writer.write_table(pa.table(values, schema=schema), row_group_size=ROWS)


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


def _named(numbers: pa.ChunkedArray, names: pa.Array) -> pa.DictionaryArray:
    """The names of ``numbers`` [n] as a dictionary of only those that occur."""
    positions = np.from_dlpack(numbers.combine_chunks())
    first = positions.min()
    occurs = np.zeros(positions.max() - first + 1, dtype=bool)
    occurs[positions - first] = True
    code = np.cumsum(occurs, dtype=np.int32) - 1
    found = names.take(_int32(np.flatnonzero(occurs) + first))
    return pa.DictionaryArray.from_arrays(_int32(code[positions - first]), found)


def _int32(values: np.ndarray) -> pa.Array:
    """As pa.array does it; that, like pyarrow's to_numpy, would import pandas first, which takes most of a second."""
    buffer = pa.py_buffer(np.ascontiguousarray(values, dtype=np.int32))
    return pa.Array.from_buffers(pa.int32(), len(values), [None, buffer])
