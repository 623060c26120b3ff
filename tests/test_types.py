"""`make lint` looks at names and types in every room: what is not there or does not fit is found without running it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# a file of each room, and a module of Taproom that it can import
ROOMS = {
    "bench/places.py": "bench.training_room",
    "docs/parameters.py": "rules.execution_input",
    "examples/join_movies.py": "taproom.sample",
    "functions/gate.py": "settings",
    "functions/rules/gate.py": "rules.gate_parameters",
    "publish/publish_training.py": "settings",
    "report/write_report.py": "taproom.follow",
    "statemachine/render.py": "statemachine.definition",
    "taproom/run.py": "taproom.deploy",
    "taproom/local/stepfunctions_continue.py": "moto.stepfunctions.parser.api",
    "training/evaluate.py": "contract.artifact",
    "training/retrieval/fitting.py": "retrieval.towers",
}
FAULTS = """

import not_there_either  # import-not-found
from {module} import NOT_THERE  # attr-defined


def _planted(text: str | None) -> int:
    text.upper()  # union-attr
    text[0]  # index
    not_there()  # name-defined
    _planted()  # call-arg
    _planted(1)  # arg-type
    return ""  # return-value


def _not_annotated():
    "".not_there()  # attr-defined
"""
KINDS = re.findall(r"# (\S+)", FAULTS)


def mypy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_each_room_is_named_above():
    rooms = {file.parent.name for file in PROJECT.glob("[!.]*/*.py")} - {"tests"}
    assert {file.partition("/")[0] for file in ROOMS} == rooms


def test_every_file_is_looked_at():
    """report/ and publish/ name their own files one by one: the rest of them are links into other rooms."""
    looked_at = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["files"]
    files = {file.relative_to(PROJECT) for file in PROJECT.glob("[!.]*/*.py") if not file.is_symlink()}
    missed = {str(file) for file in files if not {str(file), file.parts[0]} & {*looked_at, "tests"}}
    assert missed == set()


def test_names_are_there_and_types_fit():
    done = mypy()
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_name_that_is_gone_and_a_type_that_does_not_fit_are_found_in_every_room(tmp_path):
    instead = []
    for number, (file, module) in enumerate(ROOMS.items()):
        planted = tmp_path / f"{number}.py"
        planted.write_text((PROJECT / file).read_text(encoding="utf-8") + FAULTS.format(module=module), "utf-8")
        instead += ["--shadow-file", file, str(planted)]
    told = mypy(*instead, "--no-error-summary").stdout
    found = re.findall(r"^(\S+?):\d+: error: .* \[([a-z-]+)\]$", told, re.MULTILINE)
    assert sorted(found) == sorted((file, kind) for file in ROOMS for kind in KINDS), told
