"""Packages of a function that are compiled for another machine."""

from __future__ import annotations

import importlib.machinery
import io
import zipfile

import pytest

from taproom.local.aws import LocalAws
from taproom.local.lambda_foreign import is_foreign, leave_to_runtime
from tests.local.small_stacks import invoke, make_function

ELSEWHERE = "_wrappers.cpython-399-x86_64-plan9-gnu.so"
HERE = f"_wrappers{importlib.machinery.EXTENSION_SUFFIXES[0]}"


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        (ELSEWHERE, True),
        ("_core.pypy399-pp73-darwin.so", True),
        (HERE, False),
        ("_core.abi3.so", False),  # for any Python; of the machine its name says nothing
        ("library.so", False),
        ("module.py", False),
        ("cpython-399.so.txt", False),
    ],
)
def test_a_file_is_foreign_by_its_name(name, foreign):
    assert is_foreign(name) is foreign


def test_only_what_the_runtime_has_too_is_left_to_it(tmp_path):
    root, runtime = tmp_path / "root", tmp_path / "runtime"
    for folder, file in (("wrapt", ELSEWHERE), ("own/deep", ELSEWHERE), ("same", HERE), ("plain", "module.py")):
        (root / folder).mkdir(parents=True)
        (root / folder / file).write_text("")
    for folder in ("wrapt", "same", "plain"):
        (runtime / folder).mkdir(parents=True)
    assert leave_to_runtime(root, [str(runtime)]) == ["wrapt"]
    assert sorted(path.name for path in root.iterdir()) == ["own", "plain", "same"]


def zip_with(*names):
    """A function that says where its `wrapt` is from; its own one cannot be imported. ``names``: of more files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "import wrapt\ndef handler(event, context):\n    return wrapt.__file__\n")
        archive.writestr("wrapt/__init__.py", "raise ImportError('made for another machine')")
        for name in names:
            archive.writestr(name, "")
    return buffer.getvalue()


def test_a_function_with_such_a_package_runs(tmp_path):
    with LocalAws(tmp_path) as aws:
        make_function(aws, "own", "", code=zip_with())
        answer, error = invoke(aws, "own")
        assert (error, "made for another machine" in answer["errorMessage"]) == ("Unhandled", True)
        make_function(aws, "foreign", "", code=zip_with(f"wrapt/{ELSEWHERE}"))
        answer, error = invoke(aws, "foreign")
        assert (error, "site-packages" in answer) == (None, True), answer
