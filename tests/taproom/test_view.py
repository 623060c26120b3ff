"""What a person sees of an execution as it goes: the work, and bookkeeping only where it takes long or fails."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console

from taproom.bookkeeping import rows_to_show
from taproom.history import planned, read_states
from taproom.view import LiveView
from tests.taproom.histories import BEGIN, DEFINITION, History, cached, nothing_new, taken


def rows(history, seconds=0, status="RUNNING"):
    shown = rows_to_show(history.snapshot(status), BEGIN + timedelta(seconds=seconds))
    return {row.name: row.status for row in shown}


@pytest.fixture
def printed():
    """``printed(history)`` is what is printed where the output is no terminal."""

    def show(history, status="SUCCEEDED", **options):
        console = Console(file=io.StringIO(), width=200, **options)
        with LiveView(console) as view:
            view.show(history.snapshot(status))
        return console.file.getvalue()

    return show


def test_a_job_to_which_failed_bookkeeping_leads_is_announced_and_its_triage_is_not():
    names = planned(DEFINITION)
    assert {"Preprocess", "TrainRetrieval", "FindChampionRetrieval"} <= set(names)
    assert not any(name.startswith("Triage") for name in names)


def test_before_anything_happened_the_work_is_announced_without_bookkeeping():
    work = ("Prepare", "Preprocess", "TrainRetrieval", "FindChampionRetrieval", "EvaluateRetrieval")
    assert rows(History()) == dict.fromkeys(work, "waiting")


def test_a_hit_is_the_jobs_row():
    (row,) = [row for row in read_states(DEFINITION, cached().events) if row.name == "Preprocess"]
    assert (row.status, row.cached_from, row.job_name) == ("cached", "first", "")
    assert rows(cached(), status="SUCCEEDED") == {
        "Prepare": "succeeded",
        "Preprocess": "cached",
        "TrainRetrieval": "cached",
        "FindChampionRetrieval": "succeeded",
        "EvaluateRetrieval": "succeeded",
        "Finished": "succeeded",
    }


def test_after_the_end_nothing_waits():
    assert rows(nothing_new(None), status="SUCCEEDED") == {"Prepare": "succeeded", "NoNewData": "succeeded"}


def test_bookkeeping_is_shown_where_it_takes_long():
    waits = taken().add("TaskStateEntered", name="LookUpPreprocess", input="{}")
    assert "LookUpPreprocess" not in rows(waits, seconds=4)
    assert rows(waits, seconds=5)["LookUpPreprocess"] == "running"


def test_bookkeeping_is_shown_where_it_fails():
    history = taken().add("TaskStateEntered", name="RecordPreprocess", input="{}")
    history.add("TaskFailed", error="OutputBroken", cause="no members")
    assert rows(history.add("ExecutionFailed"), status="FAILED")["RecordPreprocess"] == "failed"


def test_lines_tell_from_which_run_a_step_was_taken(printed):
    text = printed(cached())
    assert "✓ Preprocess cached, from run first\n" in text
    assert "✓ EvaluateRetrieval succeeded after 40.0 s\n" in text
    assert "LookUp" not in text
    assert "Record" not in text
    assert "Hit" not in text


def test_the_table_tells_from_which_run_a_step_was_taken(printed):
    table = printed(cached(), force_terminal=True, color_system=None)
    (line,) = {" ".join(line.split()) for line in table.splitlines() if " Preprocess " in line}
    assert line.endswith("✓ Preprocess cached from run first")
