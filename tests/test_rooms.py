"""The rooms exchange documents, not code: none imports another (see docs/architecture.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("functions", "training", "statemachine", "taproom")
AUTHORING = {"sagemaker", "stepfunctions"}  # for statemachine/ alone: never in a Lambda, a container or a run


def imported(file: Path) -> set[str]:
    """First parts of every absolute import in a file, wherever in the file it stands."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def files_of(room: str) -> list[Path]:
    return [
        file
        for file in sorted((PROJECT / room).rglob("*.py"))
        if (PROJECT / "functions" / "training") not in file.parents  # the link that packs training/ into the artifact
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_room(room):
    files = files_of(room)
    assert files, f"{room}/ holds no Python file"
    others = set(ROOMS) - {room}
    offenders = {str(file.relative_to(PROJECT)): found for file in files if (found := imported(file) & others)}
    assert offenders == {}


@pytest.mark.parametrize("room", ["functions", "training", "taproom"])
def test_the_authoring_packages_stay_in_the_state_machine_room(room):
    offenders = {str(file.relative_to(PROJECT)) for file in files_of(room) if imported(file) & AUTHORING}
    assert offenders == set()


def test_the_jobs_know_neither_aws_nor_lambda():
    for file in files_of("training"):
        assert not imported(file) & {"boto3", "botocore", "aws_lambda_powertools", "moto"}, file


def test_the_import_reader_sees_nested_and_from_imports(tmp_path):
    file = tmp_path / "sample.py"
    file.write_text("def f():\n    from taproom.local import aws\n    import moto.server\nfrom . import near\n")
    assert imported(file) == {"taproom", "moto"}
