"""Step Functions on the local AWS's clock, and with the context object's RedriveCount."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
    from moto.stepfunctions.parser.asl.eval.states import States

    stopping = []
    aws.on_stop(lambda: stopping.append(True))

    def begin(self: Any, context: dict[str, Any]) -> None:
        context["Execution"].setdefault("RedriveCount", 0)
        original_begin(self, context)

    def wait(self: Any, env: Any, wait_seconds: float) -> None:
        aws.clock.sleep(wait_seconds, until=lambda: not env.is_running())

    def back_off(seconds: float) -> None:
        aws.clock.sleep(seconds, until=lambda: bool(stopping))

    original_begin = aws.patch(States, "__init__", begin)
    aws.patch(WaitFunction, "_wait_interval", wait)
    aws.patch(retrier_decl, "time", SimpleNamespace(sleep=back_off))
