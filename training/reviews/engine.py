"""DuckDB runs what Ibis expresses, within a bounded memory: what does not fit is spilled to a folder.

Ibis only writes the SQL here. Executing through DuckDB itself keeps every result in the engine (nothing passes through
data frames) and does not depend on which result methods of DuckDB this version of Ibis knows.

Of few reviews, writing the SQL takes as long as running it. So a statement is queued, and while it runs, the next ones
are written: what a statement gives is a future, and only who asks for its result waits.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
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
    """To be called by one thread, as all of Ibis: it keeps what it compared in a dictionary without a lock."""
    return str(ibis.to_sql(expression, dialect="duckdb", pretty=False))


@contextmanager
def handing_over() -> Iterator[None]:
    """While it lasts, a thread that waits for Python gets it sooner than after its 5 ms, and no search for garbage is
    in its way.

    An engine's thread needs it for a moment between two statements, and gets it from the one that writes SQL. What that
    leaves behind in cycles is little.
    """
    usual, searching = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(HANDING_OVER)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
        if searching:
            gc.enable()


class Engine:
    """Runs statements one after the other, in the order in which they are given, in a thread of its own.

    After one has failed none is run, and whoever waits gets the first one's error (duckdb.Error). To be closed.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection], views: set[str] | None = None) -> None:
        self._queue = ThreadPoolExecutor(max_workers=1)
        self._failure: BaseException | None = None
        self._views = set() if views is None else views  # names, of the whole database
        self._all_read = Event()  # of what ``batches`` gave
        self._all_read.set()
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
        self._all_read.set()
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

        return Engine(connect, self._views)

    def after(self, other: Engine) -> None:
        """What is given from now on waits for all that ``other`` has been given, and fails if that does."""
        self._queued(other._last.result)

    def interrupt(self) -> None:
        """End the statement that runs now, if one does; it fails, and with it all that follow. From any thread but that
        of the queue.
        """
        self._connection.interrupt()

    def leave(self, *beside: Engine) -> None:
        """Nothing more is given to this engine and those ``beside`` it. As soon as what they were asked for is done and
        read, its thread frees what they hold, which takes a while.
        """
        for other in beside:
            self.after(other)
            self._queued(other._all_read.wait)
        self._queued(lambda: self._connection.close())

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

    def fetch(self, statement: str, parameters: list[Any] | None = None) -> Future[list[tuple[Any, ...]]]:
        return self._queued(lambda: self._connection.execute(statement, parameters).fetchall())

    def rows(self, expression: ir.Table) -> Future[list[tuple[Any, ...]]]:
        return self.fetch(sql(expression))

    def row(self, expression: ir.Table) -> Future[dict[str, Any]]:
        """The only row, by column."""
        statement, names = sql(expression), expression.columns
        return self._queued(lambda: dict(zip(names, self._connection.execute(statement).fetchall()[0], strict=True)))

    def stored(self, table: ir.Table, columns: Sequence[str], made_into: Callable[..., T]) -> Future[T]:
        """Columns of numbers of a table of the engine, which fit into memory: ``made_into(*columns)``, arrays [rows] in
        any order.
        """
        statement = _select(columns, table)

        def fetched() -> T:
            found = self._connection.execute(statement).fetchnumpy()
            return made_into(*(np.asarray(found[name]) for name in columns))

        return self._queued(fetched)

    def ordered(self, table: ir.Table, columns: Sequence[str], order_by: str) -> Future[pa.Table]:
        """Columns of a table of the engine, which fit into memory; texts are pa.string()."""
        statement = f"{_select(columns, table)} ORDER BY {_names([order_by])}"

        def fetched() -> pa.Table:
            found = self._connection.sql(statement).to_arrow_table()
            texts = {name for name, kind in table.schema().items() if kind.is_string()}
            return found.cast(
                pa.schema((name, pa.string() if name in texts else found.schema.field(name).type) for name in columns)
            )

        return self._queued(fetched)

    def batches(
        self, table: ir.Table, columns: Sequence[str], order_by: Sequence[str], where: str
    ) -> Future[Iterator[pa.RecordBatch]]:
        """Columns of the rows ``where`` a condition holds, made while they are read. Until their end nothing may be
        given to this engine.
        """
        statement = f"{_select(columns, table)} WHERE {where} ORDER BY {_names(order_by)}"
        self._all_read.clear()
        return self._queued(lambda: self._reading(self._connection.sql(statement).to_arrow_reader(BATCH_ROWS)))

    def _reading(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        try:
            with reader:
                yield from reader
        finally:
            self._all_read.set()

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


def _select(columns: Iterable[str], table: ir.Table) -> str:
    return f"SELECT {_names(columns)} FROM {_names([table.get_name()])}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
