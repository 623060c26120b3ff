"""CloudWatch Logs of what runs here: jobs and functions write into the groups that they write into on AWS."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

_making = threading.Lock()


def write(aws: LocalAws, group: str, stream: str, lines: Iterable[str]) -> None:
    """Add lines to a stream, which is made where it is not there; as on AWS, an empty line is no event."""
    from moto.logs.models import logs_backends

    backend = logs_backends[aws.account_id][aws.region]
    with _making:
        backend.ensure_log_group(group)
        backend.ensure_log_stream(group, stream)
    now = int(aws.clock.now().timestamp() * 1000)
    if events := [{"timestamp": now, "message": line} for line in lines if line.strip()]:
        # the stream itself: PutLogEvents would look at real time, and the local clock may be ahead of it
        backend.groups[group].streams[stream].put_log_events(events)


class FileForwarder:
    """Writes what is new in log files into streams; whole lines only."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._read: dict[Path, int] = {}  # bytes
        self._lock = threading.Lock()

    def forward(self, file: Path, group: str, stream: str) -> None:
        with self._lock:  # the functions of a stream may end at the same time
            begin = self._read.get(file, 0)
            with file.open("rb") as opened:
                opened.seek(begin)
                new, newline, _ = opened.read().rpartition(b"\n")
            self._read[file] = begin + len(new) + len(newline)
            write(self._aws, group, stream, new.decode(errors="replace").splitlines())
