"""Preprocess beside the engine's bare scan of the same file: the least that reading the reviews can cost."""

from __future__ import annotations

import contextlib
import io
import statistics
import time
from pathlib import Path
from typing import Any

import duckdb

from bench.datasets import Dataset
from bench.errors import BenchError
from bench.execution_input import PREPROCESS, Parameters, column_flags
from bench.machine import cores
from bench.training_room import preprocess

ROUNDS = 15


def against_scan(dataset: Dataset, parameters: Parameters, folder: Path) -> dict[str, Any]:
    """Both in this process, so without imports; medians. ``first_seconds`` is preprocess as a job does it, once.

    The scan comes first, so both find the file in the page cache.
    """
    columns = present(dataset)
    scans, times = [], []
    for round_ in range(ROUNDS):  # in turns, so that both see the same machine
        scans.append(_scan(dataset.file, columns))
        times.append(_preprocess(dataset, parameters, folder / str(round_)))
    bare = statistics.median(scans)
    return {
        "bytes": dataset.file.stat().st_size,
        "columns": columns,
        "first_seconds": times[0],
        "seconds": statistics.median(times),
        "bare_seconds": bare,
        "first_ratio": times[0] / bare,
        "ratio": statistics.median(times) / bare,
    }


def present(dataset: Dataset) -> list[str]:
    """The columns that preprocess needs, of those that the file has. Raises BenchError where it has none of them."""
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM {_source(dataset.file)}").fetchall()
    found = {name for name, *_ in described}
    columns = [name for name in dataset.columns.values() if name in found]
    if not columns:
        raise BenchError(
            f"{dataset.file.name} has none of the columns {', '.join(dataset.columns.values())}; it has "
            f"{', '.join(sorted(found))}. Name them in the Columns of an execution input (--input)"
        )
    return columns


def scan_query(file: Path, columns: list[str]) -> str:
    """Reads ``columns`` as text and aggregates each, so that none can be skipped."""
    names = ['"' + name.replace('"', '""') + '"' for name in columns]
    return f"SELECT {', '.join(f'max(CAST({name} AS VARCHAR))' for name in names)} FROM {_source(file)}"


def _source(file: Path) -> str:
    path = str(file).replace("'", "''")
    return f"read_parquet('{path}')" if file.suffix == ".parquet" else f"read_csv('{path}', all_varchar = true)"


def _scan(file: Path, columns: list[str]) -> float:
    started = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute("SET threads = ?", [cores()])
        connection.execute(scan_query(file, columns)).fetchall()
    return time.perf_counter() - started


def _preprocess(dataset: Dataset, parameters: Parameters, output: Path) -> float:
    arguments = ["--reviews", str(dataset.file.parent), "--output", str(output)]
    arguments += [*column_flags(dataset.columns), *parameters.flags(PREPROCESS)]
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        preprocess(arguments)
    return time.perf_counter() - started
