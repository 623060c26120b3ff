"""EventBridge Scheduler: schedules fire on the local AWS's clock and start their target.

A rate without StartDate fires when it is created and then once per period, as AWS does. moto keeps the schedules; one
thread watches the clock.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.callers import Caller
from taproom.local.dead_letters import leave_undelivered
from taproom.local.eventbridge import UnsupportedTarget, send
from taproom.local.schedule_expression import BadScheduleExpression, Timetable, timetable

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

log = logging.getLogger(__name__)
START_EXECUTION = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"


@dataclass
class Planned:
    """A schedule, its timetable, and the moment it fires next (None: never again)."""

    schedule: Any
    table: Timetable
    due: datetime | None


def install(aws: LocalAws) -> None:
    from moto.scheduler.models import EventBridgeSchedulerBackend as Backend
    from moto.scheduler.models import ScheduleGroup

    timer = Timer(aws)

    def create_schedule(self: Any, **arguments: Any) -> Any:
        timer.check(arguments)
        schedule = original_create(self, **arguments)
        timer.plan(schedule, aws.clock.now(), fires_at_once=True)
        return schedule

    def update_schedule(self: Any, **arguments: Any) -> Any:
        timer.check(arguments)
        expression = self.get_schedule(arguments["group_name"], arguments["name"]).schedule_expression
        schedule = original_update(self, **arguments)
        timer.plan(schedule, aws.clock.now(), fires_at_once=expression != schedule.schedule_expression)
        return schedule

    def delete_schedule_group(self: Any, name: str | None) -> None:
        arns = [schedule.arn for schedule in self.get_schedule_group(name).schedules.values()]
        original_delete_group(self, name)
        for arn in arns:
            timer.forget(arn)

    def delete_schedule(self: Any, name: str) -> None:
        arn = self.get_schedule(name).arn
        original_delete(self, name)
        timer.forget(arn)

    original_create = aws.patch(Backend, "create_schedule", create_schedule)
    original_update = aws.patch(Backend, "update_schedule", update_schedule)
    original_delete = aws.patch(ScheduleGroup, "delete_schedule", delete_schedule)
    original_delete_group = aws.patch(Backend, "delete_schedule_group", delete_schedule_group)
    timer.start()
    aws.on_stop(timer.stop)


class Timer:
    """Fires schedules when the clock reaches their moments."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._planned: dict[str, Planned] = {}  # by schedule ARN
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._changed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._aws.clock.wake()
        self._thread.join()

    def check(self, arguments: dict[str, Any]) -> None:
        """Refuse what could not be run, as the API refuses what is wrong."""
        from moto.scheduler.exceptions import ValidationException

        try:
            timetable(
                arguments["schedule_expression"],
                self._aws.clock.now(),
                arguments.get("schedule_expression_timezone") or "UTC",
            )
            destination(arguments["target"], "{}")
        except (BadScheduleExpression, UnsupportedTarget) as error:
            raise ValidationException(str(error)) from error
        if arguments["flexible_time_window"].get("Mode") != "OFF":
            raise ValidationException("the local AWS runs schedules on time: FlexibleTimeWindow's Mode must be OFF")

    def plan(self, schedule: Any, now: datetime, fires_at_once: bool) -> None:
        """Take up a new or changed schedule."""
        with self._lock:
            known = self._planned.get(schedule.arn)
            begin = moment(schedule.start_date) or (known.table.first if known and not fires_at_once else now)
            table = timetable(schedule.schedule_expression, begin, schedule.schedule_expression_timezone)
            due = table.first if table.first >= now else table.after(now)
            self._planned[schedule.arn] = Planned(schedule, table, due)
        self._look_again()

    def forget(self, arn: str) -> None:
        with self._lock:
            self._planned.pop(arn, None)
        self._look_again()

    def _look_again(self) -> None:
        self._changed.set()
        self._aws.clock.wake()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._aws.clock.wait_for(self._next, lambda: self._stopped.is_set() or self._changed.is_set())
            self._changed.clear()
            if not self._stopped.is_set():
                self._fire_due()

    def _next(self) -> datetime | None:
        with self._lock:
            moments = [one.due for one in self._planned.values() if one.due and one.schedule.state == "ENABLED"]
        return min(moments, default=None)

    def _fire_due(self) -> None:
        now = self._aws.clock.now()
        firing: list[tuple[Any, datetime]] = []
        with self._lock:
            for one in self._planned.values():
                end = moment(one.schedule.end_date)
                while one.due is not None and one.due <= now:
                    if one.schedule.state == "ENABLED" and (end is None or one.due <= end):
                        firing.append((one.schedule, one.due))
                    one.due = one.table.after(one.due)
        for schedule, due in firing:
            self._aws.background.start(self._fire, schedule, due, name="schedule")

    def _fire(self, schedule: Any, due: datetime) -> None:
        execution_id = str(uuid.uuid4())
        text = filled(schedule, due, execution_id, self._aws)
        try:
            arn, text = destination(schedule.target, text)
            group = self._aws.authorizer.site.arn("scheduler", f"schedule-group/{schedule.group_name}")
            caller = Caller(schedule.target.get("RoleArn") or "", "scheduler", "scheduler.amazonaws.com", group)
            send(self._aws, arn, text, execution_id, caller)
        except Exception as error:
            log.exception("schedule %s could not be delivered", schedule.name)
            if not self._aws.background.closed:
                leave_undelivered(self._aws, schedule.target, text, error, SCHEDULE_ARN=schedule.arn)


def moment(value: Any) -> datetime | None:
    """A StartDate or EndDate as moto keeps it (seconds since the epoch) as a time."""
    return None if value is None else datetime.fromtimestamp(float(value), UTC)


def destination(target: dict[str, Any], text: str) -> tuple[str, str]:
    """What to send to, and the input there. Raises UnsupportedTarget."""
    arn = target["Arn"]
    if arn == START_EXECUTION:
        given = json.loads(target.get("Input") or "{}")
        if "StateMachineArn" not in given:
            raise UnsupportedTarget(f"a target {START_EXECUTION} needs an Input with StateMachineArn")
        arguments = json.loads(text) if text != "{}" else given
        return arguments.get("StateMachineArn", given["StateMachineArn"]), arguments.get("Input", "{}")
    if arn.split(":")[2] not in ("states", "lambda", "sns", "sqs"):
        raise UnsupportedTarget(f"the local AWS has no schedule target for {arn}: only states, lambda, sns and sqs")
    return arn, text


def filled(schedule: Any, due: datetime, execution_id: str, aws: LocalAws) -> str:
    """The target's Input with the scheduler's context attributes in it; without an Input, the scheduler's own event."""
    scheduled = due.strftime("%Y-%m-%dT%H:%M:%SZ")
    attributes = {
        "<aws.scheduler.schedule-arn>": schedule.arn,
        "<aws.scheduler.scheduled-time>": scheduled,
        "<aws.scheduler.execution-id>": execution_id,
        "<aws.scheduler.attempt-number>": "1",
    }
    text = schedule.target.get("Input")
    if text is None:
        event = {
            "version": "0",
            "id": execution_id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": aws.account_id,
            "time": scheduled,
            "region": aws.region,
            "resources": [schedule.arn],
            "detail": "{}",
        }
        return json.dumps(event)
    for name, value in attributes.items():
        text = text.replace(name, value)
    return text
