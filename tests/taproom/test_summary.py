"""What a run says on the terminal at its end, and that it says it literally: brackets are rich's markup."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from rich.console import Console

from taproom.follow import Snapshot
from taproom.outcome import Failure
from taproom.summary import print_failure, print_summary

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=500)


def snapshot(status):
    return Snapshot({"name": "one", "status": status, "startDate": BEGIN, "stopDate": BEGIN}, [], [])


def test_a_failure_is_shown_with_its_cause_its_log_and_where_the_rest_is(tmp_path, console):
    folder = tmp_path / "runs [old]" / "one"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "job-1.log").write_text("first line\nlast [/line]\n")
    print_failure(console, snapshot("FAILED"), Failure("Preprocess", "JobFailed", "no [column]", "job-1"), folder)
    shown = console.file.getvalue()
    assert "FAILED at Preprocess: JobFailed" in shown
    assert "no [column]" in shown
    assert "last [/line]" in shown
    assert f"{folder}/ (also {tmp_path}/runs [old]/latest/)" in shown


def test_a_success_says_where_its_files_are(tmp_path, console):
    folder = tmp_path / "other [/runs]" / "one"
    print_summary(console, snapshot("SUCCEEDED"), folder, {"start": 1.0})
    assert f"{folder}/ (also {tmp_path}/other [/runs]/latest/)" in console.file.getvalue()


def test_an_input_file_that_is_not_json_is_named_literally(tmp_path):
    file = tmp_path / "my [x].json"
    file.write_text('{"TrainingEpochs": ')
    command = [sys.executable, "-m", "taproom", "run", "--input", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"{file} is not JSON" in run.stdout
