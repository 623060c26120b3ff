from __future__ import annotations

import importlib

import pytest


@pytest.fixture
def table(runs_table):
    return importlib.import_module("runs_table")


def test_a_row_is_read_as_it_was_written(table):
    document = {"Holder": "ü", "Numbers": [1, 0.1, 1e-300, 2**60], "None": None, "": {}}
    written = table.write_row("lease", "run", document, over=None)
    assert table.read_row("lease", "run") == written
    assert written.document == document
    assert table.read_row("lease", "other") is None
    assert table.read_row("pending", "run") is None


def test_nothing_is_written_where_there_is_a_row_already(table):
    first = table.write_row("lease", "run", {"n": 1}, over=None)
    assert table.write_row("lease", "run", {"n": 2}, over=None) is None
    assert table.read_row("lease", "run") == first


def test_of_two_that_read_the_same_row_only_one_writes_over_it(table):
    seen = table.write_row("lease", "run", {"n": 1}, over=None)
    second = table.write_row("lease", "run", {"n": 2}, over=seen)
    assert second is not None
    assert table.write_row("lease", "run", {"n": 3}, over=seen) is None
    assert table.remove_row(seen) is False
    assert table.read_row("lease", "run") == second


def test_a_row_that_was_written_anew_with_the_same_words_is_another_one(table):
    seen = table.write_row("lease", "run", {"n": 1}, over=None)
    table.put_row("lease", "run", {"n": 1})
    assert table.remove_row(seen) is False
    assert table.write_row("lease", "run", {"n": 2}, over=seen) is None


def test_a_row_that_is_gone_is_not_written_over(table):
    seen = table.write_row("lease", "run", {"n": 1}, over=None)
    assert table.remove_row(seen) is True
    assert table.remove_row(seen) is False
    assert table.write_row("lease", "run", {"n": 2}, over=seen) is None
    assert table.read_row("lease", "run") is None


def test_put_writes_over_whatever_is_there_even_if_it_changes_meanwhile(table):
    from aws import client

    events = client("dynamodb").meta.events

    def meanwhile(**_):
        events.unregister("before-call.dynamodb.PutItem", meanwhile)
        table.write_row("lease", "run", {"n": "theirs"}, over=None)

    events.register("before-call.dynamodb.PutItem", meanwhile)
    table.put_row("lease", "run", {"n": "ours"})
    assert table.read_row("lease", "run").document == {"n": "ours"}


def test_the_rows_of_a_kind_are_all_of_them_by_name(table):
    # more than the megabyte that DynamoDB answers at once
    for number in (3, 1, 2):
        table.put_row("pending", f"upload#{number}", {"Input": "x" * 390_000})
    table.put_row("lease", "run", {})
    assert [row.name for row in table.read_rows("pending")] == ["upload#1", "upload#2", "upload#3"]
    assert list(table.read_rows("finished")) == []


def test_when_it_may_be_forgotten_is_told_only_where_it_may(table, runs_table):
    table.put_row("step#Preprocess", "a", {}, forget_at=1_800_000_000)
    table.put_row("pending", "b", {})
    items = {item["Id"]["S"]: item for item in runs_table("dynamodb").scan(TableName="taproom-runs")["Items"]}
    assert items["a"]["ForgetAt"] == {"N": "1800000000"}
    assert "ForgetAt" not in items["b"]


def test_a_number_that_json_does_not_know_is_not_written(table):
    with pytest.raises(ValueError, match="JSON compliant"):
        table.put_row("pending", "a", {"n": float("nan")})


def test_another_error_is_raised(table, environment):
    environment.setenv("RUNS_TABLE", "another-table")
    row = table.Row("lease", "run", "token", {})
    for do in (
        lambda: table.write_row("lease", "run", {}, over=None),
        lambda: table.remove_row(row),
        lambda: table.read_row("lease", "run"),
        lambda: list(table.read_rows("lease")),
    ):
        with pytest.raises(Exception, match="ResourceNotFoundException"):
            do()
