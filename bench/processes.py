"""One process, started and measured: wall time with imports, processor time, peak resident memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError

LAUNCHER = Path(__file__).with_name("measured.py")
SHOWN_LINES = 15  # of a failed process' log


@dataclass(frozen=True)
class Run:
    """``peak_bytes``: largest resident size. ``log``: what it printed."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    log: str

    def document(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "peak_bytes": self.peak_bytes}


def run(command: Sequence[object], variables: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end. Raises BenchError with the end of its log when its exit code is not 0."""
    with tempfile.TemporaryDirectory(prefix="measured-") as folder:
        report, log = Path(folder, "report.json"), Path(folder, "log")
        with log.open("wb") as stream:
            launched = subprocess.run(
                [sys.executable, "-I", str(LAUNCHER), str(report), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(variables or {})},
                check=False,
            )
        text = log.read_text(encoding="utf-8", errors="replace")
        measured: dict[str, Any] = {"exit_code": None}
        if report.exists():
            measured = json.loads(report.read_text(encoding="utf-8"))
    if launched.returncode or measured["exit_code"] != 0:
        end = "\n".join(text.splitlines()[-SHOWN_LINES:])
        raise BenchError(f"{Path(str(command[1])).name} ended with exit code {measured['exit_code']}:\n{end}")
    return Run(measured["seconds"], measured["cpu_seconds"], measured["peak_bytes"], text)
