"""The entry point of Processing jobs: packages first, then the script."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from bootstrap import BootstrapError, main, unsatisfied

PROJECT = Path(__file__).resolve().parents[3]
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


def run(code, base, *arguments, **environment):
    return subprocess.run(
        [sys.executable, str(code / "bootstrap.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"SAGEMAKER_BASE_DIR": str(base), **environment},
    )


def test_the_script_runs_as_main_with_its_own_arguments(code, base):
    done = run(code, base, "show.py", "--k", "5")
    assert done.stdout == "__main__ ['--k', '5'] found\n"
    assert done.returncode == 0


def wheel(folder, name, version):
    """A wheel of one module, written by hand."""
    folder.mkdir()
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


OFFLINE = "--no-index\n--find-links wheelhouse\n"


def test_packages_come_from_the_wheelhouse_beside_the_code(code, base, tmp_path):
    wheel(code / "wheelhouse", "tinyhops", "1.0")
    (code / "requirements.txt").write_text(OFFLINE + "tinyhops==1.0\n")
    (code / "show.py").write_text("import tinyhops\nprint(tinyhops.VERSION)\n")
    site = str(tmp_path / "site")
    done = run(code, base, "show.py", PIP_TARGET=site, PYTHONPATH=site)
    assert done.stdout.splitlines() == ["installing: tinyhops==1.0", "1.0"], done.stderr


def test_a_package_that_the_wheelhouse_lacks_is_a_clear_failure(code, base):
    (code / "requirements.txt").write_text(OFFLINE + "no-such-package-here==1.0\n")
    (code / "wheelhouse").mkdir()
    done = run(code, base, "show.py")
    assert done.returncode == 1
    message = (base / "output" / "message").read_text()
    assert message.startswith("BootstrapError: pip could not install no-such-package-here==1.0 (exit code 1")
    assert "__main__" not in done.stdout
