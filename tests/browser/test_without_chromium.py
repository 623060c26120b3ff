"""Where there is no Chromium, its tests say so: skipped on a laptop, failed in CI."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.docs.written import PROJECT

TEST = "tests/browser/test_compare.py::test_markup_in_names_is_shown_and_not_run"


@pytest.mark.parametrize(("ci", "code", "end"), [("", 0, "1 skipped"), ("true", 1, "1 error")])
def test_that_it_is_missing_is_a_skip_and_in_ci_a_failure(tmp_path, ci, code, end):
    environment = {**os.environ, "PATH": str(tmp_path), "CI": ci, "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "-n", "0", "-rs", "-p", "no:cacheprovider", TEST]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout
    assert end in done.stdout
    assert "apt-get install chromium" in done.stdout
