"""A run that cannot start says why and what to do, in one sentence, and exits with 1."""

from __future__ import annotations

import io
import signal

import pytest
from rich.console import Console

from taproom.run import RunRequest, run_locally
from tests.local.other_process import started
from tests.local.test_instance_lock import HOLD


@pytest.fixture
def refused(tmp_path):
    """``refused()`` is what a run says that does not start."""
    handler = signal.getsignal(signal.SIGTERM)
    reviews = tmp_path / "reviews.csv"
    reviews.write_text("username,beer_name,score\na,b,3\n")

    def run():
        console = Console(file=io.StringIO(), width=500)
        request = RunRequest(reviews=reviews, work=tmp_path / "work", runs=tmp_path / "runs")
        assert run_locally(request, console) == 1
        assert not (tmp_path / "runs").exists()
        return console.file.getvalue()

    yield run
    signal.signal(signal.SIGTERM, handler)


def test_a_folder_in_which_another_run_is_under_way_is_left_alone(refused, tmp_path):
    with started(HOLD, tmp_path / "work" / "aws", "http://127.0.0.1:1") as process:
        assert process.stdout.readline() == "taken\n"
        said = refused()
        assert f"in use by process {process.pid}" in said
        assert "--work" in said


def test_a_store_that_cannot_be_read_is_named(refused, tmp_path):
    store = tmp_path / "work" / "aws" / "store" / "documents.sqlite"
    store.parent.mkdir(parents=True)
    store.write_bytes(b"no database" * 1000)
    said = refused()
    assert str(store) in said
    assert "make clean" in said
    assert store.read_bytes().startswith(b"no database")
