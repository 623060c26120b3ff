"""A job's process: started, logged line by line, limited in time, and ended with everything it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WATCHDOG = Path(__file__).with_name("watchdog.py")
GRACE = 2.0  # seconds between asking a process to end and killing it


@dataclass(frozen=True)
class Ended:
    """How a process ended: ``reason`` is exit (by itself), time (its limit) or stop (asked to); ``code`` its status."""

    reason: str
    code: int


class JobProcess:
    """One process of a job; ``on_line`` gets each line of its output, which also goes to ``log``."""

    def __init__(self, log: Path, on_line: Callable[[str], None]) -> None:
        self._log = log
        self._on_line = on_line
        self._process: subprocess.Popen[str] | None = None
        self._reason = "exit"
        self._broken: Exception | None = None
        self._over = False  # its group is gone: the number may be another one's by now
        self._lock = threading.Lock()

    def run(self, command: list[str], folder: Path, environment: dict[str, str], limit: float) -> Ended:
        """Run to the end, at most ``limit`` seconds."""
        with self._lock:
            if self._reason == "stop":
                return Ended("stop", -signal.SIGTERM)
            # The watchdog leads a process group of its own. It holds our end of its standard input: when this process
            # dies, however it dies, the input ends and the watchdog kills the group.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WATCHDOG), *command],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        timer = threading.Timer(limit, self._interrupt, ["time"])
        timer.daemon = True
        timer.start()
        reader = threading.Thread(target=self._follow, daemon=True)
        reader.start()
        try:
            code = self._process.wait()
        finally:
            timer.cancel()
            # What the script left in the background ends with it, as with a container; it also holds the output open.
            self._kill(signal.SIGKILL)
            self._over = True
        reader.join(GRACE)  # bounded: a process that left the group (setsid) may hold the output open for ever
        if self._broken is not None:
            raise self._broken
        return Ended(self._reason, code)

    def stop(self) -> None:
        self._interrupt("stop")

    def _follow(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        # closing our end, whatever happens here, keeps the script from waiting for a reader that is gone
        with self._process.stdout as output, self._log.open("w", encoding="utf-8", buffering=1) as log:
            try:
                for line in output:
                    log.write(line)
                    self._on_line(line.rstrip("\n"))
            except Exception as error:  # noqa: BLE001 - raised again by run()
                self._broken = error

    def _interrupt(self, reason: str) -> None:
        with self._lock:
            if self._reason != "exit" or (self._process is not None and self._process.poll() is not None):
                return
            self._reason = reason
        self._kill(signal.SIGTERM)
        timer = threading.Timer(GRACE, self._kill, [signal.SIGKILL])
        timer.daemon = True
        timer.start()

    def _kill(self, how: signal.Signals) -> None:
        if self._process is None or self._over:
            return
        try:
            os.killpg(self._process.pid, how)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group that has just ended
            return
