"""An execution on a time axis: attempts from histories written by hand (one event a second), and the chart of them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from taproom.graph.attempts import Attempt, Row, rows_of
from taproom.graph.folding import folded
from taproom.graph.model import graph_of
from taproom.graph.timeline import COLOURS, beside, in_words, timeline_spec, timeline_svg
from tests.taproom.graph.histories import BEGIN, JOB, History

NAME = "{http://www.w3.org/2000/svg}"
GRAPH = folded(graph_of(JOB))


def at(second):
    return BEGIN + timedelta(seconds=second)


def attempts(history, now=None):
    """(state, from, to, status) of the job's row, in seconds."""
    (row,) = rows_of(GRAPH, history.events, now or history.now)
    assert row.name == "Train"
    return [
        (one.state, (one.start - BEGIN).total_seconds(), (one.end - BEGIN).total_seconds(), one.status)
        for one in row.attempts
    ]


def second_round():
    history = History()
    history.visit("LookUpTrain")  # 1, 2
    history.visit("TrainCached?", "Choice")
    history.enter("Train")  # 5
    history.attempt("States.TaskFailed")  # until 8
    history.leave("Train")
    history.visit("TriageTrain")  # 10, 11
    history.visit("RetryTrain?", "Choice")
    history.visit("WaitTrain", "Wait")  # 14, 15
    history.enter("Train")  # 16
    history.attempt()  # until 19
    history.leave("Train")
    return history


def test_rounds_and_what_is_around_them_are_attempts_of_one_row():
    assert attempts(second_round()) == [
        ("LookUpTrain", 1, 2, "succeeded"),
        ("Train", 5, 8, "failed"),
        ("TriageTrain", 10, 11, "succeeded"),
        ("WaitTrain", 14, 15, "succeeded"),
        ("Train", 16, 19, "succeeded"),
    ]


def test_a_retry_within_a_visit_is_an_attempt_of_its_own():
    history = History()
    history.enter("Train")
    history.attempt("Throttling")
    history.attempt()
    history.leave("Train")
    assert attempts(history) == [("Train", 1, 4, "failed"), ("Train", 5, 7, "succeeded")]


def test_what_runs_lasts_until_now():
    history = History()
    history.enter("Train")
    history.event("TaskScheduled")
    assert attempts(history, at(60)) == [("Train", 1, 60, "running")]


def test_what_ran_at_the_end_of_the_execution_ended_with_it():
    for kind, status in (("ExecutionAborted", "aborted"), ("ExecutionTimedOut", "failed")):
        history = History()
        history.enter("Train")
        history.event("TaskScheduled")
        history.event(kind, after=0)
        assert attempts(history, at(60)) == [("Train", 1, 3, status)]


def test_a_redrive_is_an_attempt_of_its_own():
    history = History()
    entered = history.enter("Train")
    history.event("TaskScheduled")
    history.event("ExecutionAborted", after=0)
    history.event("ExecutionRedriven", after=0)
    history.event("TaskScheduled", after=entered)
    history.event("TaskSucceeded")
    assert attempts(history) == [("Train", 1, 3, "aborted"), ("Train", 5, 6, "succeeded")]


def test_a_hit_took_as_long_as_it_was_looked_up():
    history = History()
    history.visit("LookUpTrain")
    history.visit("TrainCached?", "Choice")
    history.enter("TrainHit", "Pass", document=json.dumps({"LookUpTrain": {"From": "a:b"}}))
    assert ("Train", 1, 5, "cached") in attempts(history)


def test_a_row_says_what_came_of_each_attempt():
    (row,) = rows_of(GRAPH, second_round().events, at(19))
    assert beside(row) == "✗ 3.0 s  ✓ 3.0 s"
    assert in_words([row]) == "Train: failed after 3.0 s, then succeeded after 3.0 s"


def test_the_chart_has_a_bar_per_attempt_and_a_row_per_box():
    root = ET.fromstring(timeline_svg(rows_of(GRAPH, second_round().events, at(19))))
    texts = [one.text for one in root.iter(f"{NAME}text")]
    assert {"Train", "✗ 3.0 s  ✓ 3.0 s", "seconds since 2026-01-05 12:00:01"} <= set(texts)
    hints = [one.text for one in root.iter(f"{NAME}title")]
    assert hints[1:] == [
        "LookUpTrain: succeeded, 1.0 s",
        "TriageTrain: succeeded, 1.0 s",
        "WaitTrain: succeeded, 1.0 s",
        "Train: failed, 3.0 s",
        "Train: succeeded, 3.0 s",
    ]
    fills = {one.get("fill") for one in root.iter(f"{NAME}path")}
    assert {COLOURS["failed"], COLOURS["succeeded"], COLOURS["around"]} <= fills


def test_the_axis_has_a_unit_that_fits():
    for seconds, unit, last in ((170, "seconds", 170), (180, "minutes", 3), (5400, "minutes", 90), (10800, "hours", 3)):
        spec = timeline_spec([Row("A", (Attempt("A", at(0), at(seconds), "succeeded"),))])
        x = spec["layer"][1]["encoding"]["x"]
        assert x["title"].startswith(f"{unit} since")
        assert x["scale"]["domain"] == [0, last]


def test_an_execution_that_did_nothing_has_a_chart_that_says_so():
    assert "No state has been entered yet." in timeline_svg([])


def test_the_chart_holds_nothing_from_outside():
    text = timeline_svg(rows_of(GRAPH, second_round().events, at(19)))
    assert re.findall(r"[a-z]+://[^\s\"'<)]*", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<script|<image|@import|href| on\w+=", text)


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=8))
def test_any_name_gives_a_chart(name):
    root = ET.fromstring(timeline_svg([Row(name, (Attempt(name, at(0), at(0), "failed"),))]))
    assert "✗ 0.0 s" in {one.text for one in root.iter(f"{NAME}text")}
