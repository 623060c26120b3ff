"""DuckDB runs what Ibis expresses, within a bounded memory: what does not fit is spilled to a folder.

Ibis only writes the SQL here. Executing through DuckDB itself keeps every result in the engine (nothing passes through
data frames) and does not depend on which result methods of DuckDB this version of Ibis knows.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

BATCH_ROWS = 100_000


def connect(folder: Path, memory: str, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory, which spills into ``folder``. ``memory`` as in "4GB"."""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = ?", [memory])
    connection.execute("SET temp_directory = ?", [str(folder / "spill")])
    connection.execute("SET threads = ?", [threads or os.cpu_count() or 1])
    connection.execute("SET TimeZone = 'UTC'")
    # Nothing here depends on the order of rows; keeping it would hold whole files back in memory.
    connection.execute("SET preserve_insertion_order = false")
    return connection


def sql(expression: ir.Table) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb"))


def create(connection: duckdb.DuckDBPyConnection, name: str, expression: ir.Table) -> ir.Table:
    """Run ``expression`` into table ``name`` and return that table."""
    connection.execute(f'CREATE TABLE "{name}" AS {sql(expression)}')
    return ibis.table(expression.schema(), name=name)


def drop(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    for name in names:
        connection.execute(f'DROP TABLE "{name}"')


def rows(connection: duckdb.DuckDBPyConnection, expression: ir.Table) -> list[tuple[Any, ...]]:
    return connection.execute(sql(expression)).fetchall()


def row(connection: duckdb.DuckDBPyConnection, expression: ir.Table) -> dict[str, Any]:
    """The only row, by column."""
    return dict(zip(expression.columns, rows(connection, expression)[0], strict=True))


def batches(connection: duckdb.DuckDBPyConnection, expression: ir.Table) -> pa.RecordBatchReader:
    """The result in its order, made while it is read; nothing else can run on the connection meanwhile."""
    return connection.sql(sql(expression)).to_arrow_reader(BATCH_ROWS)


def strings(connection: duckdb.DuckDBPyConnection, expression: ir.Table) -> pa.StringArray:
    """The only column of a table that fits into memory, in its order."""
    column = connection.sql(sql(expression)).to_arrow_table().column(0)
    return column.cast(pa.string()).combine_chunks()


def write_parquet(connection: duckdb.DuckDBPyConnection, expression: ir.Table, path: Path) -> None:
    target = str(path).replace("'", "''")
    connection.execute(f"COPY ({sql(expression)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
