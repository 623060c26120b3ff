"""WriteReport as Lambda loads it: what it needs, what it brings, and of which events it makes nothing."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.taproom.histories import LAST_RUN, coalesced, nothing_new, taken
from tests.taproom.report.runs import registered

PROJECT = Path(__file__).resolve().parents[2]
REPORT = PROJECT / "report"
LARGE = {"tensorflow", "moto", "pyarrow", "duckdb", "numpy", "ibis", "scipy", "samtranslator"}
NOT_PACKED = LARGE | {"yaml", "pydantic", "rich", "click"}
IMPORTING = """
import sys
import write_report
print(*{name.partition(".")[0] for name in sys.modules})
"""
WRITING = """
import pickle, sys
from pathlib import Path
from taproom.report import write_report
folder = Path(sys.argv[1])
write_report(pickle.loads((folder / "snapshot").read_bytes()), folder)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def loaded_by(program, folder, *arguments):
    """Names of the packages that a new process has loaded after ``program``."""
    command = [sys.executable, "-B", "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_function_needs_none_of_what_jobs_and_the_local_aws_need():
    loaded = loaded_by(IMPORTING, REPORT)
    assert {"taproom", "jinja2", "boto3"} <= loaded
    assert loaded & NOT_PACKED == set()


def test_neither_does_a_page(tmp_path):
    run = registered(tmp_path)
    (run.folder / "snapshot").write_bytes(pickle.dumps(run.snapshot))
    loaded = loaded_by(WRITING, REPORT, run.folder)
    assert {"taproom", "jinja2", "vl_convert"} <= loaded
    assert loaded & NOT_PACKED == set()


def test_the_requirements_are_what_the_lock_pins():
    lock = (PROJECT / "requirements" / "run.lock").read_text()
    required = (PROJECT / "layers" / "report" / "requirements.txt").read_text()
    pins = re.findall(r"^([a-z0-9-]+)(?:\[[a-z]+\])?==([0-9a-z.]+)(?: #.*)?$", required, re.MULTILINE)
    names = [name for name, _ in pins]
    assert names == ["graphviz-pure", "jinja2", "vl-convert-python"]  # powertools and boto3 are in the functions' layer
    assert len(pins) == len(required.splitlines())
    for name, version in pins:
        assert re.search(rf"^{name}(\[[a-z,]+\])?=={re.escape(version)} ;", lock, re.MULTILINE), f"{name}=={version}"


@pytest.fixture(scope="module")
def function():
    """The module, imported as its handler is named."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(REPORT)
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
        patch.setenv("POWERTOOLS_SERVICE_NAME", "taproom")
        import write_report

        yield write_report


def test_an_end_has_a_page_unless_nothing_ran(function):
    assert function.why_none(nothing_new(LAST_RUN).snapshot()) == ""
    assert function.why_none(taken().snapshot("FAILED")) == ""
    assert function.why_none(taken().snapshot("ABORTED")) == ""
    assert "another run" in function.why_none(coalesced().snapshot())
    assert "redriven" in function.why_none(taken().snapshot("RUNNING"))
    assert "redriven" in function.why_none(taken().snapshot("PENDING_REDRIVE"))


@pytest.mark.parametrize("event", [None, {}, {"detail": None}, {"detail": {}}, {"detail": {"executionArn": 1}}])
def test_another_event_is_refused(function, event):
    with pytest.raises(ValueError, match="not an event of an execution"):
        function.execution_of(event)
