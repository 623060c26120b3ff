"""The rooms exchange documents, not code: none imports another (see docs/architecture.md).

bench/ measures the others: it starts the jobs as processes, and uses training/ through one file and the sample.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("functions", "training", "statemachine", "taproom")
BENCH_DOOR = PROJECT / "bench" / "training_room.py"
AUTHORING = {"sagemaker", "stepfunctions"}  # for statemachine/ alone: never in a Lambda, a container or a run


def imported(file: Path) -> set[str]:
    """First parts of every absolute import in a file, wherever in the file it stands."""
    return {module.split(".")[0] for module in imported_modules(file)}


def imported_modules(file: Path) -> set[str]:
    """Modules of every absolute import in a file, in full."""
    modules = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules.add(node.module)
    return modules


def files_of(room: str) -> list[Path]:
    return sorted((PROJECT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_room(room):
    files = files_of(room)
    assert files, f"{room}/ holds no Python file"
    others = {*ROOMS, "bench"} - {room}
    offenders = {str(file.relative_to(PROJECT)): found for file in files if (found := imported(file) & others)}
    assert offenders == {}


def test_the_report_function_uses_taproom_and_nothing_else_of_the_project():
    (file,) = (PROJECT / "report").glob("*.py")
    assert not imported(file) & ({*ROOMS, "bench"} - {"taproom"})
    beside = {one.stem for one in (PROJECT / "functions").glob("*.py")} | {"rules"}
    assert not imported(file) & (beside | AUTHORING | set(TRAINING_LAYERS))
    used = {name for name in imported_modules(file) if name.split(".")[0] == "taproom"}
    rooms = {name for name in used if name.count(".") == 1}
    assert rooms == {"taproom.ending", "taproom.follow", "taproom.report"}, "what runs came to, and their page"
    assert (PROJECT / "report" / "taproom").resolve() == PROJECT / "taproom"


def test_what_publishes_the_scripts_is_a_function_with_the_functions_modules_and_packs_training():
    publish = PROJECT / "publish"
    files = [file for file in publish.glob("*.py") if not file.is_symlink()]
    assert [file.name for file in files] == ["publish_training.py"]
    assert not imported(files[0]) & {*ROOMS, "bench", *TRAINING_LAYERS}
    links = {file.name: file.resolve().relative_to(PROJECT) for file in publish.iterdir() if file.is_symlink()}
    shared = {name: Path("functions") / name for name in ("aws.py", "rules", "settings.py")}
    assert links == {"training": Path("training"), **shared}


def test_bench_uses_training_through_one_file_and_the_sample_and_nothing_else():
    scripts = {file.stem for file in files_of("training")} | set(TRAINING_LAYERS)
    for file in files_of("bench"):
        names = imported(file)
        assert not names & {"functions", "statemachine", "training"}, file
        assert file == BENCH_DOOR or not names & scripts, file
        assert file == BENCH_DOOR or "sys.path" not in file.read_text(encoding="utf-8"), file
        from_taproom = {name for name in imported_modules(file) if name.split(".")[0] == "taproom"}
        assert from_taproom <= {"taproom.sample"}, file


@pytest.mark.parametrize("room", ["functions", "training", "taproom", "bench"])
def test_the_authoring_packages_stay_in_the_state_machine_room(room):
    offenders = {str(file.relative_to(PROJECT)) for file in files_of(room) if imported(file) & AUTHORING}
    assert offenders == set()


TRAINING_LAYERS = {
    "contract": set(),
    "dataset": {"contract"},
    "reviews": {"contract"},
    "evaluation": {"contract", "dataset"},
    "retrieval": {"contract", "dataset", "evaluation"},
    "ranking": {"contract", "dataset", "evaluation"},
}


@pytest.mark.parametrize("package", TRAINING_LAYERS)
def test_in_training_imports_go_one_way(package):
    below, scripts = TRAINING_LAYERS[package], {file.stem for file in (PROJECT / "training").glob("*.py")}
    files = files_of(f"training/{package}")
    assert len(files) > 2
    for file in files:
        assert not imported(file) & (set(TRAINING_LAYERS) - below - {package} | scripts), file


def test_every_package_of_training_has_its_layer():
    assert {file.parent.name for file in (PROJECT / "training").glob("*/*.py")} == set(TRAINING_LAYERS)


def test_the_jobs_know_neither_aws_nor_lambda():
    for file in files_of("training"):
        assert not imported(file) & {"boto3", "botocore", "aws_lambda_powertools", "moto"}, file


def test_the_import_reader_sees_nested_and_from_imports(tmp_path):
    file = tmp_path / "sample.py"
    file.write_text("def f():\n    from taproom.local import aws\n    import moto.server\nfrom . import near\n")
    assert imported(file) == {"taproom", "moto"}
