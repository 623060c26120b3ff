"""Statements of the engine run in order beside Python; a failure ends the queue and reaches whoever waits."""

from __future__ import annotations

import duckdb
import ibis
import pytest

from reviews.engine import Engine

TIMEOUT = 30  # seconds, of what takes a moment
NUMBERS = ibis.table({"n": "int64"}, name="numbers")


@pytest.fixture
def engine(tmp_path):
    with Engine.start(tmp_path, "1GB") as engine:
        engine.run("CREATE TABLE numbers AS SELECT range AS n FROM range(5)")
        yield engine


def test_statements_run_in_the_order_in_which_they_are_given(engine):
    doubled = engine.create("doubled", NUMBERS.mutate(n=NUMBERS.n * 2))
    squared = engine.view("squared", doubled.mutate(n=doubled.n * doubled.n))
    assert engine.row(squared.agg(total=squared.n.sum(), most=squared.n.max())).result() == {"total": 120, "most": 64}
    engine.drop("squared")
    engine.drop("doubled")
    missing = engine.rows(squared)
    with pytest.raises(duckdb.CatalogException):
        missing.result()


def test_after_a_failure_nothing_runs_and_all_who_wait_get_its_error(engine):
    engine.finish()
    watching = engine._connection.cursor()
    engine.run("SELECT error('the first')")
    never = engine.create("never", NUMBERS)
    for made in (engine.row(never.count().as_table()), engine.batches(never, ["n"], ["n"], where="true")):
        with pytest.raises(duckdb.Error, match="the first"):
            made.result()
    with pytest.raises(duckdb.Error, match="the first"):
        engine.finish()
    assert ("never",) not in watching.sql("SHOW TABLES").fetchall()


def test_one_beside_begins_after_what_was_given_and_is_waited_for(engine):
    engine.create("ones", NUMBERS.mutate(n=ibis.literal(1, "int64")))
    with engine.beside() as other:
        twos = other.create("twos", ibis.table({"n": "int64"}, name="ones").mutate(n=ibis._.n + 1))
        engine.after(other)
        both = engine.create("both", twos.union(NUMBERS))
    assert engine.row(both.agg(total=both.n.sum())).result() == {"total": 20}


def test_a_failure_beside_is_the_failure_of_those_who_wait_for_it(engine):
    with engine.beside() as other:
        other.run("SELECT error('beside')")
        engine.after(other)
    with pytest.raises(duckdb.Error, match="beside"):
        engine.finish()


def test_what_is_stored_is_fetched_in_the_order_asked_for(engine):
    texts, rows = engine.counted("texts", NUMBERS.select("n", less=-NUMBERS.n, text=NUMBERS.n.cast("string")))
    assert rows.result() == 5
    assert sorted(engine.stored(texts, ["n"], lambda column: column.tolist()).result()) == [0, 1, 2, 3, 4]
    assert engine.ordered(texts, ["text", "n"], order_by="less").result().to_pydict() == {
        "text": ["4", "3", "2", "1", "0"],
        "n": [4, 3, 2, 1, 0],
    }
    batches = engine.batches(texts, ["n"], ["less"], where="n > 1").result()
    assert [n for batch in batches for n in batch["n"].to_pylist()] == [4, 3, 2]


def test_who_leaves_is_closed_with_all_beside_once_all_is_read(engine):
    stored = engine.create("stored", NUMBERS)
    with engine.beside() as other:
        batches = other.batches(stored, ["n"], ["n"], where="true").result()
        engine.leave(other)
        left = engine._last
        first = next(batches)["n"].to_pylist()
        assert not left.done()
        assert first + [n for batch in batches for n in batch["n"].to_pylist()] == [0, 1, 2, 3, 4]
        left.result(TIMEOUT)
        with pytest.raises(duckdb.Error, match="closed"):
            other.rows(stored).result()


@pytest.mark.parametrize("begun", [False, True])
def test_what_nobody_reads_to_its_end_keeps_nobody_from_leaving(engine, begun):
    stored = engine.create("stored", NUMBERS)
    with engine.beside() as other:
        batches = other.batches(stored, ["n"], ["n"], where="true").result()
        if begun:
            next(batches)
        engine.leave(other)
    engine._last.result(TIMEOUT)


def test_what_does_not_fit_is_spilled(tmp_path):
    with Engine.start(tmp_path, "60MB", threads=1) as engine:
        engine.run("CREATE TABLE numbers AS SELECT range AS n FROM range(10_000_000)")
        falling = engine.create("falling", NUMBERS.order_by(ibis.desc("n")))
        assert engine.row(falling.agg(total=falling.n.sum())).result() == {"total": 49_999_995_000_000}
