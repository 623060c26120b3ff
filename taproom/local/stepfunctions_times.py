"""Times of executions on the local AWS's clock: starts, ends, history, and what states are told of them.

moto asks the machine. A wait that is skipped has passed in all of these times, as it has for everything else here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser import models
    from moto.stepfunctions.parser.asl.component.state import state
    from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
    from moto.stepfunctions.parser.asl.eval.states import States
    from moto.stepfunctions.parser.backend import execution

    def now(tz: Any = None) -> datetime:
        return aws.clock.now()

    def entered(tz: Any = None) -> Any:
        text = in_context(aws.clock.now())
        return SimpleNamespace(isoformat=lambda: text)

    def begin(self: Any, context: dict[str, Any]) -> None:
        started = context["Execution"]["StartTime"]
        if isinstance(started, datetime):
            context["Execution"]["StartTime"] = in_context(started)
        original_begin(self, context)

    for module, moment in ((models, now), (execution, now), (state, entered)):
        aws.patch(module, "datetime", _module(moment))
    aws.patch(EventManager, "_get_current_timestamp", staticmethod(now))
    original_begin = aws.patch(States, "__init__", begin)


def in_context(moment: datetime) -> str:
    """A time as the context object has it: in UTC, to the millisecond, with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _module(now: Any) -> Any:
    """What moto's modules use of ``datetime``, with another ``now``."""
    return SimpleNamespace(datetime=SimpleNamespace(now=now), timezone=SimpleNamespace(utc=UTC))
