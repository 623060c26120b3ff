"""Step Functions on the local AWS's clock, with the context object's RedriveCount and AWS's wildcards of errors.

TimeoutSeconds stays on real time: jobs are real processes, and a Wait that is skipped must not make them late.
"""

from __future__ import annotations

import threading
from datetime import UTC
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
    from moto.stepfunctions.parser.asl.eval.states import States

    from taproom.local import stepfunctions_errors

    stepfunctions_errors.install(aws)
    current = threading.local()  # the execution that this thread works for
    stopping = threading.Event()
    aws.on_stop(stopping.set)

    def begin(self: Any, context: dict[str, Any]) -> None:
        context["Execution"].setdefault("RedriveCount", 0)
        original_begin(self, context)

    def wait(self: Any, env: Any, wait_seconds: float) -> None:
        aws.clock.sleep(wait_seconds, until=lambda: not env.is_running())

    def retry(self: Any, env: Any) -> None:
        current.env = env
        original_retry(self, env)

    def back_off(seconds: float) -> None:
        env = current.env
        aws.clock.sleep(seconds, until=lambda: stopping.is_set() or not env.is_running())

    def seconds_until(self: Any, env: Any) -> int:
        """moto takes the machine's local time for UTC, and knows no other clock."""
        self.string.eval(env=env)
        text = env.stack.pop()
        moment = self._from_timestamp_string(timestamp=text)
        if moment is None:
            raise timestamp.FailureEventException(self._create_failure_event(env, text))
        return max(0, int((moment.replace(tzinfo=UTC) - aws.clock.now()).total_seconds()))

    original_begin = aws.patch(States, "__init__", begin)
    aws.patch(WaitFunction, "_wait_interval", wait)
    aws.patch(timestamp.Timestamp, "_get_wait_seconds", seconds_until)
    original_retry = aws.patch(retrier_decl.RetrierDecl, "_eval_body", retry)
    aws.patch(retrier_decl, "time", SimpleNamespace(sleep=back_off))
