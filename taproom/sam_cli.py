"""The unmodified SAM CLI and AWS CLI of ``.venv-sam``, as processes that can reach the local AWS and no other."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taproom import shell_environment

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv-sam"
PYTHON = "python3.12"  # of the functions' runtime: `sam build` asks for that very version
QUICK = {
    "PYTHONDONTWRITEBYTECODE": "",  # or each command would compile thousands of modules anew
    "SAM_CLI_POLL_DELAY": "0.5",  # seconds between two looks at a stack, where AWS is asked every five
}


class ToolFailed(RuntimeError):
    """A command of the SAM CLI or the AWS CLI failed, or is not to be had."""


@dataclass(frozen=True)
class Tools:
    """Commands in ``folder`` (where template.yaml is) with ``environment``, which is all that they see of this one."""

    folder: Path
    environment: Mapping[str, str]
    venv: Path = VENV

    def sam(self, *arguments: str) -> None:
        """Run ``sam`` with its output where ours goes. Raises ToolFailed."""
        self._ended("sam", arguments, subprocess.run(self._command("sam", arguments), **self._options()))

    def aws(self, *arguments: str) -> Any:
        """What ``aws`` answers: its JSON as a document, else the text. Raises ToolFailed with what it says."""
        done = subprocess.run(
            self._command("aws", arguments),
            capture_output=True,
            text=True,
            **self._options(),
        )
        self._ended("aws", arguments, done)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def _command(self, name: str, arguments: tuple[str, ...]) -> list[str]:
        return [str(self.venv / "bin" / name), *arguments]

    def _options(self) -> dict[str, Any]:
        return {"cwd": self.folder, "env": dict(self.environment), "stdin": subprocess.DEVNULL, "check": False}

    @staticmethod
    def _ended(name: str, arguments: tuple[str, ...], done: subprocess.CompletedProcess[Any]) -> None:
        if done.returncode != 0:
            said = f": {done.stderr.strip()}" if done.stderr else ""
            raise ToolFailed(f"{name} {' '.join(arguments)} ended with {done.returncode}{said}")


def tools(folder: Path, endpoint_url: str, root: Path, venv: Path = VENV) -> Tools:
    """The CLIs for the local AWS at ``endpoint_url``.

    Raises ToolFailed when they are not installed, or not for the Python that the functions are built for.
    """
    if missing := why_missing(venv):
        raise ToolFailed(missing)
    environment = shell_environment.child(endpoint_url, root, os.environ)
    path = f"{venv / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"  # its Python builds the functions
    return Tools(folder, {**environment, **QUICK, "PATH": path, "PYTHONPATH": ""}, venv)


def why_missing(venv: Path = VENV) -> str:
    """Why the CLIs cannot be used; empty when they can."""
    if not all((venv / "bin" / name).exists() for name in ("sam", "aws")):
        return "the SAM CLI is not installed: requirements/install.sh sam"
    if not (venv / "bin" / PYTHON).exists():
        return (
            "sam build makes functions for Python 3.12, their runtime, with a Python 3.12, and .venv-sam has another: "
            "install 3.12, remove .venv-sam and run requirements/install.sh sam"
        )
    return ""
