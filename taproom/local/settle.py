"""What goes on beside the requests: events on their way to targets, and functions that nobody waits for.

An orderly end of the local AWS lets it finish, within bounds: an execution's last event is how the next one learns
that it may begin. After Ctrl-C, or any other exception, nothing waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LONGEST = 5.0  # seconds that an orderly end waits


class Background:
    """Threads of the local AWS whose work an orderly end lets finish."""

    def __init__(self) -> None:
        self._working = 0
        self._closed = False
        self._changed = threading.Condition()

    def start(self, work: Callable[..., Any], *arguments: Any, name: str) -> None:
        """Do ``work(*arguments)`` in a thread of its own; it counts from now on, until it has ended."""
        with self._changed:
            if self._closed:
                return
            self._working += 1

        def run() -> None:
            try:
                work(*arguments)
            finally:
                self._count(-1)

        threading.Thread(target=run, name=name, daemon=True).start()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """While started work waits for a time that is not soon: nobody waits for it then."""
        self._count(-1)
        try:
            yield
        finally:
            self._count(1)

    def settle(self, within: float = LONGEST) -> bool:
        """Wait until nothing is under way, also not what that started; whether that came within ``within`` seconds."""
        deadline = time.monotonic() + within
        with self._changed:
            while self._working:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def close(self) -> None:
        """Start nothing any more: what would be asked is going down."""
        with self._changed:
            self._closed = True

    @property
    def closed(self) -> bool:
        return self._closed

    def _count(self, change: int) -> None:
        with self._changed:
            self._working += change
            self._changed.notify_all()
