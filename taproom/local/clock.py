"""The one clock of the local AWS: waits, backoff and schedules all read it, so that a week can pass in a test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LONGEST_WAIT = 3600.0  # seconds; a lock cannot be waited on for years


class Clock:
    """Real time plus an offset that only grows.

    ``skip_waits=True`` makes every sleep move the clock forward instead of waiting, so that backoff costs no time.
    """

    def __init__(self, skip_waits: bool = False) -> None:
        self.skip_waits = skip_waits
        self._offset = timedelta(0)
        self._moved = threading.Condition()

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock ``seconds`` forward and wake every sleeper whose time has come."""
        if seconds < 0:
            raise ValueError(f"a clock only moves forward, got {seconds} s")
        with self._moved:
            self._offset += timedelta(seconds=seconds)
            self._moved.notify_all()

    def wake(self) -> None:
        """Have every sleeper look at its condition again, without moving the clock."""
        with self._moved:
            self._moved.notify_all()

    def sleep(self, seconds: float, until: Callable[[], bool] | None = None) -> None:
        """Return after ``seconds`` on this clock, or as soon as ``until()`` is true (looked at ten times a second)."""
        if self.skip_waits:
            self.advance(max(seconds, 0))
            return
        deadline = self.now() + timedelta(seconds=seconds)
        with self._moved:
            while (left := (deadline - self.now()).total_seconds()) > 0:
                if until is not None and until():
                    return
                self._moved.wait(min(left, 0.1 if until is not None else LONGEST_WAIT))

    def wait_for(self, moment: Callable[[], datetime | None], until: Callable[[], bool]) -> None:
        """Return when ``moment()`` has come or ``until()`` is true; None never comes.

        Unlike ``sleep`` it never moves the clock: a schedule that is due next week must not make the week pass.
        Both are looked at again whenever the clock is moved or woken.
        """
        with self._moved:
            while not until():
                due = moment()
                left = LONGEST_WAIT if due is None else (due - self.now()).total_seconds()
                if left <= 0:
                    return
                self._moved.wait(min(left, LONGEST_WAIT))
