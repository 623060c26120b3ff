"""What the command refuses before it starts anything."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from taproom.cli import taproom
from taproom.run import read_input

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--sample-size", "0"], "--sample-size"),
        (["--reviews", "no-such-file.csv"], "no-such-file.csv"),
        (["--input", "no-such-file.json"], "no-such-file.json"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, named):
    result = CliRunner().invoke(taproom, ["run", *arguments])
    assert result.exit_code == 2
    assert named in result.output


def test_force_is_set_over_what_the_input_says(tmp_path):
    file = tmp_path / "input.json"
    file.write_text('{"TrainingEpochs": 3, "Force": false}')
    assert json.loads(read_input(file, force=True)) == {"TrainingEpochs": 3, "Force": True}
    assert json.loads(read_input(file)) == {"TrainingEpochs": 3, "Force": False}
    assert (read_input(None), read_input(None, force=True)) == ("{}", '{"Force":true}')


@pytest.mark.parametrize(("given", "forced"), [("FORCE=1", True), ("FORCE=yes", True), ("FORCE=0", False), ("", False)])
def test_make_run_forces_where_asked(given, forced):
    command = ["make", "--dry-run", "run", *given.split()]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert "taproom run" in told
    assert ("--force" in told) == forced


@pytest.mark.parametrize(("command", "other"), [("redrive", "taproom rerun"), ("rerun", "taproom redrive")])
def test_redrive_and_rerun_say_when_to_use_the_other(command, other):
    told = CliRunner().invoke(taproom, [command, "--help"], terminal_width=200).output
    assert f"`{other}`" in told
