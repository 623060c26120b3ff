"""One local AWS at a time in a folder: a lock that the kernel gives back, and where the running one answers.

``lock`` is held (flock) by the process of the running local AWS; it is free again the moment that process is gone,
however it went. ``endpoint.json`` says who that is and where it listens, for those who want to talk to it. Standard
library only: this is asked before moto is imported.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any


class AlreadyRunning(RuntimeError):
    """Another process runs a local AWS in the folder. ``endpoint_url`` is None while it starts or goes down."""

    def __init__(self, root: Path, pid: int | None, endpoint_url: str | None) -> None:
        whose = f"process {pid}" if pid else "another process, which is just starting or ending"
        super().__init__(
            f"the local AWS in {root} is in use by {whose}: wait until it ends (taproom aws down ends "
            "a server), or work in another folder (--work)"
        )
        self.pid = pid
        self.endpoint_url = endpoint_url


class InstanceLock:
    """The lock of one folder. ``take`` it, ``announce`` the endpoint while there is one, ``release`` it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._endpoint = root / "endpoint.json"
        self._file: IO[bytes] | None = None

    def take(self) -> None:
        """Raises AlreadyRunning when another process has it."""
        self._root.mkdir(parents=True, exist_ok=True)
        file = (self._root / "lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            running = self._running()
            raise AlreadyRunning(self._root, running.get("pid"), running.get("endpoint_url")) from None
        self._file = file
        self.withdraw()  # of one that was killed

    def announce(self, endpoint_url: str) -> None:
        """Say where the local AWS listens; a reader sees all of it or nothing."""
        fresh = self._endpoint.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": os.getpid(), "endpoint_url": endpoint_url}) + "\n", encoding="utf-8")
        fresh.replace(self._endpoint)

    def withdraw(self) -> None:
        """Take back what was announced."""
        self._endpoint.unlink(missing_ok=True)

    def release(self) -> None:
        """Give the lock back; the file stays, since another process may be about to lock that very file."""
        if self._file is not None:
            self.withdraw()
            self._file.close()
            self._file = None

    def _running(self) -> dict[str, Any]:
        """What the holder of the lock announced; nothing where that is not (yet) to be had."""
        try:
            announced = json.loads(self._endpoint.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return announced if is_alive(announced["pid"]) else {}  # the new holder has not cleared it away yet


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
