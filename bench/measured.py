"""Runs a command and writes what it used: python measured.py <report.json> <command> [arguments]

Starts from the standard library alone, in a process of its own. Until a new process has replaced its program, Linux
counts its parent's memory as its own peak: a parent as large as the bench would hide what a smaller job needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


def main(report: str, *command: str) -> None:
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    measured = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * MAXRSS_UNIT,
        "exit_code": process.returncode,
    }
    Path(report).write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
