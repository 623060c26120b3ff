"""The local AWS: moto as a server on loopback, completed by one module per gap.

``LocalAws`` is the composition root. It starts moto's server in this process, installs every gap module and takes all
of it down again. Each gap module has ``install(aws)``; nothing outside ``taproom/local/`` knows that moto is there:
the rest of Taproom talks to ``aws.endpoint_url`` through boto3, as it would talk to AWS.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from taproom.local.clock import Clock

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
Event = dict[str, Any]


class LocalAws:
    """A running local AWS. Use as a context manager; one at a time in a process (moto's backends are global)."""

    account_id = ACCOUNT_ID
    region = REGION

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.root = root
        self.clock = clock or Clock()
        self.endpoint_url = ""
        self._listeners: list[Callable[[Event], None]] = []
        self._stoppers: list[Callable[[], None]] = []

    def client(self, service: str) -> Any:
        """A boto3 client of this local AWS; it can reach nothing else."""
        import boto3

        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Have ``stop()`` called when the local AWS goes down, last registered first."""
        self._stoppers.append(stop)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have ``listener(event)`` called for every ``notify``: job log lines and status changes, for the live view."""
        self._listeners.append(listener)

    def notify(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def __enter__(self) -> LocalAws:
        from taproom.local import gaps

        self.root.mkdir(parents=True, exist_ok=True)
        gaps.install_all(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while self._stoppers:
            self._stoppers.pop()()
