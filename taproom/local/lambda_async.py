"""Invocations of functions that nobody waits for: a failed one is tried twice more, or as often as is configured.

As AWS does it: after one minute and after two more, on the local AWS's clock. Then the event goes to the function's
destination for failures, or is dropped where there is none.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from taproom.local.dead_letters import failed_invocation, leave
from taproom.local.lambda_process import Outcome

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

RETRY_AFTER = (60, 120)  # seconds after each failure
log = logging.getLogger(__name__)


class AsyncInvocations:
    """``invoke(function, event, request_id)`` runs one attempt and waits for it."""

    def __init__(self, aws: LocalAws, invoke: Callable[[Any, Any, str], Outcome]) -> None:
        self._aws = aws
        self._invoke = invoke
        self._stopped = threading.Event()

    def start(self, function: Any, event: Any) -> None:
        self._aws.background.start(self._run, function, event, name=f"async {function.function_name}")

    def stop(self) -> None:
        """No attempt begins from now on."""
        self._stopped.set()
        self._aws.clock.wake()

    def _run(self, function: Any, event: Any) -> None:
        request_id = str(uuid.uuid4())  # a retry has the id of the first attempt
        retries, queue = configured(function)
        for seconds in (*RETRY_AFTER[:retries], None):
            outcome = self._invoke(function, event, request_id)
            if not outcome.failed or self._stopped.is_set():
                return
            name = function.function_name
            if seconds is None and queue:
                log.error("asynchronous invocation of %s failed, its event is in %s: %s", name, queue, outcome.payload)
                leave(self._aws, queue, failed_invocation(self._aws, function, event, outcome.payload, retries + 1))
                return
            if seconds is None:
                log.error("asynchronous invocation of %s failed, its event is dropped: %s", name, outcome.payload)
                return
            log.warning("asynchronous invocation of %s failed, again in %d s: %s", name, seconds, outcome.payload)
            self._rest(seconds)
            if self._stopped.is_set():
                return

    def _rest(self, seconds: float) -> None:
        due = self._aws.clock.now() + timedelta(seconds=seconds)
        with self._aws.background.resting():
            self._aws.clock.wait_for(lambda: due, self._stopped.is_set)


def configured(function: Any) -> tuple[int, str | None]:
    """How often a failed invocation is tried again, and the queue for what failed to the last."""
    known = getattr(function, "event_invoke_config", None)
    config = known[-1].config if known else {}
    queue = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return config.get("MaximumRetryAttempts", len(RETRY_AFTER)), queue
