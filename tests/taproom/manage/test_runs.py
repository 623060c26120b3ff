"""`taproom runs`: how executions ended and what started them, in words; and what is read to say so."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from taproom.manage.runs import Run, list_runs, outcome_of, trigger_of
from taproom.manage.view_runs import duration, print_runs

ARN = "arn:aws:states:us-east-1:123456789012:execution:m:first"


def model(name, status):
    return {"Model": name, "Status": status}


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ({"Models": [model("Retrieval", "Registered"), model("Ranking", "Registered")]}, "registered 2"),
        ({"Models": [model("Retrieval", "Rejected"), model("Ranking", "Rejected")]}, "rejected 2"),
        (
            {"Models": [model("Retrieval", "Registered"), model("Ranking", "Rejected")]},
            "registered retrieval, rejected ranking",
        ),
        ({"TakeLease": {"Taken": False, "Holder": ARN}}, "coalesced with first"),
        ({"Prepare": {"Outcome": "NothingNew", "LastRun": {"ExecutionArn": ARN}}}, "nothing new"),
        ({"Prepare": {"Outcome": "NoReviews"}}, "no reviews"),
        ({"Models": "none"}, "succeeded"),
        (None, "succeeded"),
    ],
)
def test_what_succeeded_is_told_by_its_output(output, words):
    assert outcome_of(output) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Trigger": {"Bucket": "b", "Key": "reviews/2026/a.csv", "ETag": "x"}}, "upload reviews/2026/"),
        ({"Trigger": {"Schedule": "arn:x", "Time": "2026-01-05T12:00:00Z"}}, "schedule"),
        ({"Trigger": {"Coalesced": ARN}}, "uploads during first"),
        ({"DefaultInput": {}, "RerunOf": ARN}, "rerun of first"),
        ({"TrainingEpochs": 3}, "by hand"),
        ([], "by hand"),
    ],
)
def test_what_started_it_is_told_by_its_input(given, words):
    assert trigger_of(given) == words


def test_every_end_is_told_the_newest_first(machine, command):
    machine.run("registers", Say={"Models": [model("Retrieval", "Registered"), model("Ranking", "Registered")]})
    machine.run("fails")
    failed = {"Model": "Retrieval", "Status": "Failed", "Step": "TrainRetrieval", "Error": "AlgorithmError"}
    machine.run("model-fails", Broken=[failed])
    machine.start("stopped", Wait=True)
    machine.entered("stopped", "Debounce")
    command.succeeds("stop", "stopped")
    machine.start("runs", Wait=True, Trigger={"Schedule": "arn:x", "Time": "2026-01-05T12:00:00Z"})
    machine.entered("runs", "Debounce")
    told = command.json("runs")["runs"]
    assert [(one["name"], one["status"], one["outcome"], one["trigger"]) for one in told] == [
        ("runs", "RUNNING", "running Debounce", "schedule"),
        ("stopped", "ABORTED", "stopped", "by hand"),
        ("model-fails", "FAILED", "failed at TrainRetrieval", "by hand"),
        ("fails", "FAILED", "failed at List", "by hand"),
        ("registers", "SUCCEEDED", "registered 2", "by hand"),
    ]
    assert told[0]["ended"] is None
    assert [one["name"] for one in command.json("runs", "--status", "failed", "--limit", "1")["runs"]] == [
        "model-fails"
    ]
    assert command.succeeds("runs", "--status", "timed-out") == "No execution of this status.\n"
    table = command.succeeds("runs")
    assert "failed at TrainRetrieval" in table
    assert "registers" in table
    command.succeeds("stop", "runs")


def test_histories_are_read_of_what_failed_alone(machine):
    class Counting:
        """The client, with a list of what it was asked."""

        def __init__(self):
            self.asked = []

        def __getattr__(self, name):
            self.asked.append(name)
            return getattr(machine.stepfunctions, name)

    machine.run("good", Say={"Models": []})
    counting = Counting()
    list_runs(counting, machine.arn, limit=1)
    assert counting.asked == ["get_paginator", "describe_execution"]
    counting.asked.clear()
    machine.run("bad")
    list_runs(counting, machine.arn, limit=1)
    assert counting.asked.count("get_paginator") == 2  # the list, and one history


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (99.9, "99 s"),
        (100, "1 min"),
        (5_999, "99 min"),
        (6_000, "1 h 40 min"),
        (172_799, "47 h 59 min"),
        (172_800, "2 d 00 h"),
        (273_600, "3 d 04 h"),
    ],
)
def test_a_duration_is_as_exact_as_it_matters(seconds, said):
    assert duration(seconds) == said


def test_a_long_name_is_whole_however_narrow_the_terminal_and_no_sign_of_it_is_obeyed():
    begin = datetime(2026, 1, 5, 12, tzinfo=UTC)
    name = f"{'0a1b2c3d-' * 8}end\x1b[2J"
    run = Run(f"arn:aws:states:us-east-1:1:execution:m:{name}", "RUNNING", "running", "by hand", begin, None)
    console = Console(width=80, file=io.StringIO())
    print_runs(console, [run], begin + timedelta(minutes=5))
    head, first, *others = console.file.getvalue().splitlines()
    assert head.split() == ["started", "time", "outcome", "trigger", "execution"]
    assert first.startswith("2026-01-05 12:00  5 min  running  by hand  0a1b2c3d-")
    folded = "".join([first.split()[-1], *(line.strip() for line in others)])
    assert folded == f"{'0a1b2c3d-' * 8}end\\x1b[2J"
