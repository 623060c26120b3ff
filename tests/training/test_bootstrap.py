"""The entry point of Processing jobs: packages first, then the script."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from bootstrap import BootstrapError, main, pip_command, unsatisfied

PROJECT = Path(__file__).resolve().parents[2]
TRAINING = PROJECT / "training"


def test_satisfied_pins_need_no_pip():
    pytest_version = metadata.version("pytest")
    assert unsatisfied(f"# a comment\n\npytest=={pytest_version}  # why\n") == []
    assert unsatisfied("pytest==0.0.1\nno-such-package-here==1.0\n") == ["pytest==0.0.1", "no-such-package-here==1.0"]


@pytest.mark.parametrize("line", ["duckdb", "duckdb>=1", "-r other.txt"])
def test_a_line_that_is_no_exact_pin_is_refused(line):
    with pytest.raises(BootstrapError, match="not an exact pin"):
        unsatisfied(line)


def test_every_pin_equals_the_lock_and_is_installed_here():
    lock = (PROJECT / "requirements" / "dev.lock").read_text()
    requirements = (TRAINING / "requirements.txt").read_text()
    pins = [line for line in requirements.splitlines() if line and not line.startswith("#")]
    assert len(pins) >= 4
    for pin in pins:
        assert re.search(rf"^{re.escape(pin)} ", lock, re.MULTILINE), pin
    assert unsatisfied(requirements) == []


def test_a_wheelhouse_replaces_the_index(tmp_path):
    assert "--no-index" not in pip_command(tmp_path)
    (tmp_path / "wheelhouse").mkdir()
    assert pip_command(tmp_path)[-3:] == ["--no-index", "--find-links", str(tmp_path / "wheelhouse")]


def test_a_script_that_is_not_there_is_named():
    with pytest.raises(BootstrapError, match=r"'nothing\.py'.*preprocess\.py"):
        main(["nothing.py"])
    with pytest.raises(BootstrapError, match="needs the name of a script"):
        main([])


@pytest.fixture
def code(tmp_path):
    """A code folder with bootstrap.py, a script that shows its arguments and requirements that are satisfied."""
    folder = tmp_path / "code"
    folder.mkdir()
    shutil.copy(TRAINING / "bootstrap.py", folder)
    (folder / "requirements.txt").write_text("")
    (folder / "show.py").write_text("import sys, near\nprint(__name__, sys.argv[1:], near.HERE)\n")
    (folder / "near.py").write_text("HERE = 'found'\n")
    return folder


def run(code, base, *arguments):
    return subprocess.run(
        [sys.executable, str(code / "bootstrap.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"SAGEMAKER_BASE_DIR": str(base)},
    )


def test_the_script_runs_as_main_with_its_own_arguments(code, base):
    done = run(code, base, "show.py", "--k", "5")
    assert done.stdout == "__main__ ['--k', '5'] found\n"
    assert done.returncode == 0


def test_a_package_that_the_wheelhouse_lacks_is_a_clear_failure(code, base):
    (code / "requirements.txt").write_text("no-such-package-here==1.0\n")
    (code / "wheelhouse").mkdir()
    done = run(code, base, "show.py")
    assert done.returncode == 1
    message = (base / "output" / "message").read_text()
    assert message.startswith("BootstrapError: pip could not install no-such-package-here==1.0 from wheelhouse/")
    assert "__main__" not in done.stdout
