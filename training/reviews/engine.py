"""DuckDB runs what Ibis expresses, within a bounded memory: what does not fit is spilled to a folder.

Ibis only writes the SQL here. Executing through DuckDB itself keeps every result in the engine (nothing passes through
data frames) and does not depend on which result methods of DuckDB this version of Ibis knows.

Of few reviews, writing the SQL takes as long as running it. So a statement is queued, and while it runs, the next ones
are written: what a statement gives is a future, and only who asks for its result waits.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

BATCH_ROWS = 100_000
HANDING_OVER = 0.0002  # seconds

# Merging a select with the one inside it is a sixth of Ibis's work, and the engine would convert a text anew wherever
# its number is named.
ibis.options.sql.fuse_selects = False

T = TypeVar("T")


def sql(expression: ir.Table) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb", pretty=False))


@contextmanager
def handing_over() -> Iterator[None]:
    """While it lasts, a thread that waits for Python gets it sooner than after its 5 ms.

    An engine's thread needs it for a moment between two statements, and gets it from the one that writes SQL.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(HANDING_OVER)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


class Engine:
    """Runs statements one after the other, in the order in which they are given, in a thread of its own.

    After one has failed none is run, and whoever waits gets the first one's error (duckdb.Error). To be closed.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._queue = ThreadPoolExecutor(max_workers=1)
        self._failure: BaseException | None = None
        self._views: set[str] = set()
        self._connected: Future[duckdb.DuckDBPyConnection] = self._queued(connect)

    @classmethod
    def start(cls, folder: Path, memory: str, threads: int | None = None) -> Self:
        """A database in memory, which spills into ``folder``. ``memory`` as in "4GB"."""

        def connect() -> duckdb.DuckDBPyConnection:
            connection = duckdb.connect(
                config={
                    "memory_limit": memory,
                    "temp_directory": str(folder / "spill"),
                    "threads": threads or os.cpu_count() or 1,
                    # Nothing here depends on the order of rows; keeping it would hold whole files back in memory.
                    "preserve_insertion_order": False,
                    # Else it would look for tables among Python's variables too.
                    "python_enable_replacements": False,
                }
            )
            connection.execute("SET TimeZone = 'UTC'")
            return connection

        return cls(connect)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._queue.shutdown(cancel_futures=kind is not None)
        if not self._connected.cancelled() and not self._connected.exception():
            self._connection.close()

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return self._connected.result()

    def beside(self) -> Engine:
        """Another one on the same database, which has all that this one has done so far."""
        before = self._last

        def connect() -> duckdb.DuckDBPyConnection:
            before.result()
            return self._connection.cursor()

        return Engine(connect)

    def after(self, other: Engine) -> None:
        """What is given from now on waits for all that ``other`` has been given, and fails if that does."""
        self._queued(other._last.result)

    def interrupt(self) -> None:
        """End the statement that runs now, if one does; it fails, and with it all that follow. From any thread but that
        of the queue.
        """
        self._connection.interrupt()

    def finish(self) -> None:
        self._last.result()

    def run(self, statement: str) -> None:
        self._queued(lambda: self._connection.execute(statement))

    def create(self, name: str, expression: ir.Table, given: str = "") -> ir.Table:
        """``expression``, run into table ``name``. ``given``: a WITH clause, of tables that it names."""
        return self.counted(name, expression, given)[0]

    def counted(self, name: str, expression: ir.Table, given: str = "") -> tuple[ir.Table, Future[int]]:
        """As ``create``, with the table's number of rows."""
        statement = f'CREATE TABLE "{name}" AS {given} {sql(expression)}'
        rows = self._queued(lambda: self._connection.execute(statement).fetchall()[0][0])
        return ibis.table(expression.schema(), name=name), rows

    def view(self, name: str, expression: ir.Table, given: str = "") -> ir.Table:
        """``expression`` under a name: it is run wherever the view is used. ``given`` as in ``create``."""
        self._views.add(name)
        self.run(f'CREATE VIEW "{name}" AS {given} {sql(expression)}')
        return ibis.table(expression.schema(), name=name)

    def drop(self, name: str) -> None:
        """A table or a view."""
        self.run(f'DROP {"VIEW" if name in self._views else "TABLE"} "{name}"')

    def write_parquet(self, expression: ir.Table, path: Path) -> None:
        target = str(path).replace("'", "''")
        self.run(f"COPY ({sql(expression)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")

    def fetch(self, statement: str, parameters: list[Any] | None = None) -> Future[list[tuple[Any, ...]]]:
        return self._queued(lambda: self._connection.execute(statement, parameters).fetchall())

    def rows(self, expression: ir.Table) -> Future[list[tuple[Any, ...]]]:
        return self.fetch(sql(expression))

    def row(self, expression: ir.Table) -> Future[dict[str, Any]]:
        """The only row, by column."""
        statement, names = sql(expression), expression.columns
        return self._queued(lambda: dict(zip(names, self._connection.execute(statement).fetchall()[0], strict=True)))

    def columns(self, expression: ir.Table, made_into: Callable[..., T]) -> Future[T]:
        """A table of numbers that fits into memory, in its order: ``made_into(*columns)``, arrays [rows]."""
        return self._columns(sql(expression), expression.columns, made_into)

    def _columns(self, statement: str, names: Sequence[str], made_into: Callable[..., T]) -> Future[T]:
        def fetched() -> T:
            found = self._connection.execute(statement).fetchnumpy()
            return made_into(*(np.asarray(found[name]) for name in names))

        return self._queued(fetched)

    def stored(self, table: ir.Table, columns: Sequence[str], made_into: Callable[..., T]) -> Future[T]:
        """As ``columns``, of some columns of a table of the engine, in any order of its rows."""
        return self._columns(f"SELECT {_names(columns)} FROM {_names([table.get_name()])}", columns, made_into)

    def strings(self, table: ir.Table, column: str, order_by: str) -> Future[pa.StringArray]:
        """A column of a table of the engine, which fits into memory."""
        statement = f"SELECT {_names([column])} FROM {_names([table.get_name()])} ORDER BY {_names([order_by])}"

        def fetched() -> pa.StringArray:
            return self._connection.sql(statement).to_arrow_table().column(0).cast(pa.string()).combine_chunks()

        return self._queued(fetched)

    def batches(self, expression: ir.Table) -> Future[pa.RecordBatchReader]:
        """The result in its order, made while it is read; nothing may be given to this engine meanwhile."""
        statement = sql(expression)
        return self._queued(lambda: self._connection.sql(statement).to_arrow_reader(BATCH_ROWS))

    def _queued(self, job: Callable[[], Any]) -> Future:
        self._last = self._queue.submit(self._unless_failed, job)
        return self._last

    def _unless_failed(self, job: Callable[[], Any]) -> Any:
        if self._failure:
            raise self._failure
        try:
            return job()
        except BaseException as failure:
            self._failure = failure
            raise


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
