"""Entry point of the Processing jobs: installs requirements.txt, then runs a script in the same interpreter.

    bootstrap.py <script> [arguments of the script]

A Training image's toolkit installs requirements.txt by itself, a Processing container starts as it is. Where every pin
is satisfied already pip is not run.
Only the standard library may be imported before the packages are there, and this file stands alone.
"""

from __future__ import annotations

import importlib
import os
import re
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;]+)$")

PIP_INSTALL = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet")


class BootstrapError(Exception):
    """The script cannot be started: it does not exist, or the packages it needs cannot be installed."""


def main(arguments: list[str]) -> None:
    here = Path(__file__).resolve().parent
    try:
        script = find_script(here, arguments)
        install(here)
    except BootstrapError as error:
        write_message(f"BootstrapError: {error}")
        raise
    sys.argv = [str(script), *arguments[1:]]
    runpy.run_path(str(script), run_name="__main__")


def find_script(folder: Path, arguments: list[str]) -> Path:
    if not arguments:
        raise BootstrapError("bootstrap.py needs the name of a script: bootstrap.py preprocess.py [arguments]")
    script = folder / arguments[0]
    if not script.is_file():
        scripts = ", ".join(sorted(path.name for path in folder.glob("*.py")))
        raise BootstrapError(f"there is no script {arguments[0]!r} beside bootstrap.py; found {scripts}")
    return script


def install(folder: Path) -> None:
    """Install the pins of ``folder``/requirements.txt that are missing. Raises BootstrapError."""
    requirements = folder / "requirements.txt"
    missing = unsatisfied(requirements.read_text(encoding="utf-8"))
    if not missing:
        return
    print(f"installing: {', '.join(missing)}", flush=True)
    done = subprocess.run([*PIP_INSTALL, "-r", str(requirements)], check=False)
    if done.returncode:
        raise BootstrapError(
            f"pip could not install {', '.join(missing)} (exit code {done.returncode}, see the log). "
            "Without internet put a wheelhouse/ beside the code: requirements.txt tells how"
        )
    importlib.invalidate_caches()  # this interpreter has looked at its folders before pip filled them


def unsatisfied(requirements: str) -> list[str]:
    """Pins ("name==version") of a requirements file that this interpreter does not have.

    Raises BootstrapError for a line that is no exact pin.
    """
    missing = []
    for line in requirements.splitlines():
        text = line.split("#")[0].strip()
        if not text or text.startswith("--"):  # pip's own options, such as where to find wheels
            continue
        pin = PIN.match(text)
        if not pin:
            raise BootstrapError(f"requirements.txt: {text!r} is not an exact pin (name==version)")
        try:
            installed = metadata.version(pin["name"])
        except metadata.PackageNotFoundError:
            installed = None
        if installed != pin["version"]:
            missing.append(text)
    return missing


def write_message(text: str) -> None:
    """What SageMaker shows as the job's ExitMessage: the first 1,024 characters of this file."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    if base.is_dir():  # in a container
        (base / "output").mkdir(exist_ok=True)
        (base / "output" / "message").write_text(text[:1024], encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
