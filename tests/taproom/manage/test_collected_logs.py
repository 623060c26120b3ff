"""`taproom logs` of a run in runs/: the files that collecting left, and no AWS."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from click.testing import CliRunner

from taproom.cli import taproom
from tests.taproom.histories import cached, taken


@pytest.fixture
def runs(tmp_path):
    history = taken().passed("Prepare", Prepare={"Outcome": "Run"})
    jobs = ["preprocess-0", "preprocess-1"]
    events = [
        *history.events,
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Preprocess"}},
        *(
            {
                "type": "TaskScheduled",
                "taskScheduledEventDetails": {"parameters": json.dumps({"ProcessingJobName": job})},
            }
            for job in jobs
        ),
    ]
    last = history.events[-1]
    for number, event in enumerate(events[len(history.events) :], last["id"] + 1):
        event |= {"id": number, "previousEventId": number - 1, "timestamp": last["timestamp"]}
    collect(tmp_path / "first", events)
    (tmp_path / "first" / "logs").mkdir()
    for job in jobs:
        (tmp_path / "first" / "logs" / f"{job}.log").write_text(f"{job} says\thello\x1b[2J\n")
    collect(tmp_path / "second", cached().events)
    (tmp_path / "latest").symlink_to("first")
    return tmp_path


def collect(folder, events):
    folder.mkdir()
    execution = {"name": folder.name, "status": "SUCCEEDED"}
    (folder / "execution.json").write_text(json.dumps(execution))
    (folder / "history.json").write_text(json.dumps({"events": events}, default=datetime.isoformat))


def told(runs, *arguments):
    return CliRunner().invoke(taproom, ["logs", "--runs", str(runs), *arguments])


def test_every_round_of_a_job_is_shown_and_no_sign_of_it_is_obeyed(runs):
    result = told(runs, "Preprocess")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "preprocess-0:\npreprocess-0 says       hello\\x1b[2J\npreprocess-1:\npreprocess-1 says       hello\\x1b[2J\n"
    )


def test_scripts_get_json(runs):
    first, _ = told(runs, "Preprocess", "first", "--json").stdout.splitlines()
    assert json.loads(first) == {"at": None, "source": "preprocess-0", "message": "preprocess-0 says\thello\x1b[2J"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Prepare"], "Prepare ran no job in first"),
        (["Preprocess", "third"], "holds no run"),
        (["Preprocess", "second"], "Preprocess of second is taken from first: `taproom logs Preprocess first`"),
    ],
)
def test_what_has_no_logs_is_said(runs, arguments, said):
    result = told(runs, *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
