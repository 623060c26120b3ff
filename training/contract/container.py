"""The contract between these scripts and the SageMaker container that runs them.

Paths lie under $SAGEMAKER_BASE_DIR (/opt/ml in a container). What a script could not do it tells in one file,
whose first 1,024 characters SageMaker shows: output/failure (FailureReason) for a Training job,
output/message (ExitMessage) for a Processing job. The log has it as well, with the traceback of what nobody foresaw;
the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NoReturn

MESSAGE_LIMIT = 1024  # characters of a failure that SageMaker keeps
TRAINING_MESSAGE = "failure"
PROCESSING_MESSAGE = "message"


class JobError(Exception):
    """A job cannot do its work; the message is written for the person who reads FailureReason."""


class UsageError(JobError):
    """The script was called with arguments that it cannot accept."""


class JobParser(argparse.ArgumentParser):
    """Arguments of a job: wrong ones raise UsageError, so that they reach the message file as any failure does.

    Flags are written in kebab-case and in full; the underscore form is accepted too, as hyperparameters are often
    named so.
    """

    def __init__(self, prog: str, description: str | None) -> None:
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(prog=prog, description=description, formatter_class=layout, allow_abbrev=False)

    def parse_args(  # type: ignore[override]  # a Namespace is all that anybody here asks for
        self, args: Sequence[str] | None = None, namespace=None
    ) -> argparse.Namespace:
        given = sys.argv[1:] if args is None else args
        return super().parse_args([_kebab(argument) for argument in given], namespace)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}; `{self.prog} --help` lists what it takes")


def base_dir() -> Path:
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def channel(name: str) -> Path:
    """Folder of a Training job's input channel."""
    return Path(os.environ.get(f"SM_CHANNEL_{name.upper()}") or base_dir() / "input" / "data" / name)


def model_dir() -> Path:
    """Folder whose content becomes model.tar.gz."""
    return Path(os.environ.get("SM_MODEL_DIR") or base_dir() / "model")


def checkpoint_dir() -> Path | None:
    """Folder that SageMaker keeps in S3 and brings back to a restarted Training job; None where the job has none."""
    folder = base_dir() / "checkpoints"
    return folder if folder.is_dir() else None


def report_failures(file_name: str) -> None:
    """From now on, write an uncaught error to ``output/<file_name>`` before Python prints it and exits with 1.

    A JobError says by itself what to do, so it is printed without the lines of code that lead to it.
    """

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        told = f"{kind.__name__}: {error}"
        _write_message(file_name, told)
        if isinstance(error, JobError):
            print(told, file=sys.stderr)
        else:
            sys.__excepthook__(kind, error, traceback)

    sys.excepthook = hook


def _write_message(file_name: str, message: str) -> None:
    if not base_dir().is_dir():
        return  # run by hand outside of a container: the log says it all
    target = base_dir() / "output" / file_name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(message[:MESSAGE_LIMIT], encoding="utf-8", errors="replace")
    except OSError as problem:
        print(f"could not write {target}: {problem}", file=sys.stderr)


def _kebab(argument: str) -> str:
    if not argument.startswith("--"):
        return argument
    flag, equals, value = argument.partition("=")
    return flag.replace("_", "-") + equals + value
