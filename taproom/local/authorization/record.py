"""What was decided lately, each different request once: a test reads from it which grants a run has used."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from taproom.local.authorization.decision import Decision
from taproom.local.authorization.documents import Request

MOST = 20_000  # different requests; the oldest are forgotten


@dataclass(frozen=True)
class Asked:
    """Who asks for what: a role's ARN (a function's, whose own policy is asked) and the service that acts for it."""

    role: str
    service: str
    request: Request


class Record:
    """Thread-safe; a request that is made again counts as the newest, with what came of it last."""

    def __init__(self) -> None:
        self._decisions: OrderedDict[Asked, Decision] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, asked: Asked, decision: Decision) -> None:
        with self._lock:
            self._decisions[asked] = decision
            self._decisions.move_to_end(asked)
            if len(self._decisions) > MOST:
                self._decisions.popitem(last=False)

    def all(self) -> dict[Asked, Decision]:
        """A copy, the oldest first."""
        with self._lock:
            return dict(self._decisions)

    def denied(self) -> dict[Asked, Decision]:
        return {asked: decision for asked, decision in self.all().items() if not decision.allowed}

    def clear(self) -> None:
        with self._lock:
            self._decisions.clear()
