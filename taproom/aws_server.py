"""The local AWS as a server that stays: run it here, start it in the background, find it, end it.

``server.json`` beside the lock says that the running local AWS is a server: ``stop`` ends no `taproom run`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taproom.local.instance_lock import AlreadyRunning, InstanceLock

PORT = 4566
START_LIMIT = 180.0  # seconds; a few on a machine that has nothing else to do
STOP_LIMIT = 30.0
LAST_LINES = 15  # of the log of a server that did not start
Say = Callable[[str], None]


class ServerFault(RuntimeError):
    """The server cannot be started or ended; says why."""


@dataclass(frozen=True)
class Running:
    """A local AWS that answers at ``endpoint_url``. ``is_server``: it stays, as no `taproom run` does."""

    pid: int
    endpoint_url: str
    is_server: bool


def running(root: Path) -> Running | None:
    """The local AWS that runs on ``root`` now, or None. Raises AlreadyRunning while one starts or goes down."""
    lock = InstanceLock(root)
    try:
        lock.take()
    except AlreadyRunning as other:
        if other.pid is None or other.endpoint_url is None:
            raise
        return Running(other.pid, other.endpoint_url, _server_pid(root) == other.pid)
    lock.release()
    return None


def settled(root: Path) -> Running | None:
    """As ``running``, once one that is starting or going down has done so; raises AlreadyRunning if it does not."""
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            return running(root)
        except AlreadyRunning:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def serve(root: Path, port: int, ready: Callable[[str], None], say: Say) -> None:
    """Run a local AWS until Ctrl-C or SIGTERM. ``ready`` gets its endpoint, ``say`` a line for each thing of note.

    Raises ServerFault, AlreadyRunning and StoreUnusable.
    """
    from taproom.local.aws import LocalAws

    _check_port(port)
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_end.set())
    with LocalAws(root, port=port) as aws:
        aws.listen(lambda event: _tell(event, say))
        marker = aws.root / "server.json"
        marker.write_text(json.dumps({"pid": os.getpid()}) + "\n", encoding="utf-8")
        try:
            ready(aws.endpoint_url)
            asked_to_end.wait()
            say("Ending: executions and jobs that are under way are stopped.")
        finally:
            marker.unlink(missing_ok=True)


def found_or_started(work: Path, port: int) -> Running:
    """The server of ``work``/aws: the running one, or one that is started now. Raises ServerFault, AlreadyRunning."""
    found = settled(work / "aws")
    if found is not None and not found.is_server:
        raise ServerFault(f"a command (process {found.pid}) uses the local AWS, which ends with it: wait until then")
    return found or start(work, port)


def start(work: Path, port: int) -> Running:
    """Start a server on ``work``/aws in the background, and wait until it answers. Its log: ``work``/aws-server.log.

    Raises ServerFault with the end of the log.
    """
    work.mkdir(parents=True, exist_ok=True)
    log = work / "aws-server.log"
    arguments = [sys.executable, "-m", "taproom", "aws", "up", "--work", str(work), "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,  # Ctrl-C here is not meant for it
        )
    deadline = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        if _server_pid(work / "aws") == process.pid and (found := running(work / "aws")):
            return found
        time.sleep(0.1)
    process.kill()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    raise ServerFault("the local AWS did not start:\n" + "\n".join(lines))


def stop(root: Path) -> bool:
    """End the server of ``root`` and wait until it has; False when none runs. Raises ServerFault."""
    found = settled(root)
    if found is None:
        return False
    if not found.is_server:
        raise ServerFault(f"process {found.pid} is no server but a command that ends by itself: it is left alone")
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT
    while (there := settled(root)) is not None and there.pid == found.pid:
        if time.monotonic() > deadline:
            raise ServerFault(f"process {found.pid} is still there after {STOP_LIMIT:.0f} s")
        time.sleep(0.05)
    return True


def _server_pid(root: Path) -> int | None:
    try:
        return json.loads((root / "server.json").read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError):
        return None


def _check_port(port: int) -> None:
    """Raises ServerFault when another program listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ServerFault(
                f"port {port} cannot be used: {error.strerror}. Give another one (--port, 0 for any)"
            ) from error


def _tell(event: dict[str, Any], say: Say) -> None:
    """One line for what somebody who looks in wants to know: stacks, and each job's states and progress."""
    from taproom.printable import printable
    from taproom.progress import progress_of

    kind = event.get("type")
    if kind == "stack-deployed":
        say(f"Stack {event['stack']} is deployed")
    elif kind == "job-status":
        say(f"Job {event['job']}: {event['status']}")
    elif kind == "job-log" and (progress := progress_of(event["line"])):
        say(printable(f"Job {event['job']}: {progress}"))
