"""One warm process of a Lambda function, from outside: start it, invoke it, watch its time and memory, end it."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BOOTSTRAP = Path(__file__).with_name("lambda_bootstrap.py")
INIT_SECONDS = 30.0  # AWS allows 10 s; this machine may be busy with jobs
MEMORY_LOOKS = 0.1  # seconds between two looks at a process's memory
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Package:
    """What one process runs: fixed for its life."""

    name: str
    version: str
    handler: str
    task_root: Path
    layers: tuple[Path, ...]  # folders of their packages
    timeout: float  # seconds
    memory: int  # MB
    environment: dict[str, str] = field(hash=False)
    log: Path


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation: the payload as JSON text, and whether it is an error document."""

    payload: str
    failed: bool
    ended: bool  # the process is gone and takes no other invocation


def runtime_packages() -> list[str]:
    """Folders of the packages that the runtime brings: those of this interpreter, without the `.pth` files in them."""
    paths = sysconfig.get_paths()
    return list(dict.fromkeys([paths["purelib"], paths["platlib"]]))


class LambdaProcess:
    """A child process of one function. Not to be used by two threads at once."""

    def __init__(self, package: Package) -> None:
        self.package = package
        package.log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        layers = json.dumps([str(folder) for folder in package.layers])
        command = [sys.executable, "-I", "-S", "-B", "-u", str(BOOTSTRAP), str(theirs.fileno()), str(package.task_root)]
        with theirs, package.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, layers, package.handler, *runtime_packages()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=package.environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for us to handle, and its own children end with it
            )
        self._channel = ours
        self._unread = b""
        self._ready = False
        self._over = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: Any, arn: str, request_id: str) -> Outcome:
        """Run the handler on ``event``; never raises for what the function does."""
        if not self._ready:
            ready, why = self._receive(time.monotonic() + INIT_SECONDS)
            if ready is None:
                return self._ended(request_id, why, INIT_SECONDS)
            self._ready = True
        seconds = self.package.timeout
        invocation = {
            "event": event,
            "arn": arn,
            "request_id": request_id,
            "deadline": time.time() + seconds,
            "trace": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0",
        }
        deadline = time.monotonic() + seconds
        try:
            self._channel.sendall(json.dumps(invocation).encode() + b"\n")
        except OSError:
            return self._ended(request_id, "", seconds)
        reply, why = self._receive(deadline)
        if reply is None:
            return self._ended(request_id, why, seconds)
        if "error" in reply:
            return Outcome(json.dumps(reply["error"]), failed=True, ended=False)
        return Outcome(reply["payload"], failed=False, ended=False)

    def end(self) -> None:
        """Kill the process and whatever it started; safe to call twice."""
        if self._over:
            return
        self._over = True
        with suppress(ProcessLookupError, PermissionError):  # it is gone already
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()

    def _receive(self, deadline: float) -> tuple[dict[str, Any] | None, str]:
        """The next message, or None and why there is none ("" when the process ended by itself)."""
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0:
                return None, "timeout"
            readable, _, _ = select.select([self._channel], [], [], min(left, MEMORY_LOOKS))
            if readable:
                received = self._channel.recv(1 << 20)
                if not received:
                    return None, ""
                self._unread += received
            elif resident_megabytes(self.pid) > self.package.memory:
                return None, "memory"
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line), ""

    def _ended(self, request_id: str, why: str, limit: float) -> Outcome:
        if why == "timeout":
            self.end()
            kind = "Sandbox.Timedout"
            text = f"Task timed out after {limit:.2f} seconds"
        elif why == "memory":
            self.end()
            kind, text = "Runtime.ExitError", "Runtime exited with error: signal: killed"
        else:
            code = self._process.wait()
            self.end()
            kind = "Runtime.ExitError"
            how = f"exit status {code}" if code > 0 else f"signal: {signal_name(-code)}"
            text = f"Runtime exited with error: {how}" if code else "Runtime exited without providing a reason"
        document = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {text}"}
        return Outcome(json.dumps(document), failed=True, ended=True)


def signal_name(number: int) -> str:
    """A signal in the words of Lambda's messages."""
    return "killed" if number == signal.SIGKILL else signal.strsignal(number) or str(number)


def resident_megabytes(pid: int) -> float:
    """Memory that a process holds now, in MB; 0 where /proc does not tell (macOS: the limit is not enforced there)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
