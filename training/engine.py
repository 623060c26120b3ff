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


def connect(folder: Path, memory: str, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database of its own in ``folder``, which also takes what is spilled. ``memory`` as in "4GB"."""
    connection = duckdb.connect(str(folder / "reviews.duckdb"))
    connection.execute("SET memory_limit = ?", [memory])
    connection.execute("SET temp_directory = ?", [str(folder / "spill")])
    connection.execute("SET threads = ?", [threads or os.cpu_count() or 1])
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def sql(expression: ir.Table) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb"))


def create(connection: duckdb.DuckDBPyConnection, name: str, expression: ir.Table) -> ir.Table:
    """Run ``expression`` into table ``name`` and return that table."""
    connection.execute(f'CREATE TABLE "{name}" AS {sql(expression)}')
    return ibis.table(expression.schema(), name=name)


def rows(connection: duckdb.DuckDBPyConnection, expression: ir.Table) -> list[tuple[Any, ...]]:
    return connection.execute(sql(expression)).fetchall()


def write_parquet(connection: duckdb.DuckDBPyConnection, expression: ir.Table, path: Path) -> None:
    target = str(path).replace("'", "''")
    connection.execute(f"COPY ({sql(expression)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
