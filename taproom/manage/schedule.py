"""The schedule of a stack: whether it is on, when it fires next, and turning it on and off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from taproom.executions import ExecutionError
from taproom.manage.cron import NotReckoned
from taproom.manage.firing import next_firing, period_of
from taproom.manage.resources import resources_of

TYPE = "AWS::Scheduler::Schedule"
LOGICAL_ID = "RetrainingStateMachineWeeklySchedule"  # beside it, another one has the models' age looked at
ON, OFF = "ENABLED", "DISABLED"
LOOKED_AT = 30  # newest executions among which one that the schedule started is looked for
AT_ONCE = timedelta(seconds=2)  # creating a schedule takes no longer


@dataclass(frozen=True)
class Next:
    """When it fires next (None: not any more, or not known), and how that is known."""

    at: datetime | None
    why: str


def schedule_name(cloudformation: Any, stack: str) -> str:
    """Raises ExecutionError where the stack has none."""
    resources = resources_of(cloudformation, stack)
    names = {logical: one.physical_id for logical, one in resources.items() if one.kind == TYPE}
    if not names:
        raise ExecutionError(f"the stack {stack} has no schedule: deploy it again")
    return names.get(LOGICAL_ID) or next(iter(names.values()))


def switch(scheduler: Any, name: str, state: str) -> bool:
    """Turn the schedule ON or OFF; whether that changed anything. All else of it stays as it is."""
    described = scheduler.get_schedule(Name=name)
    if described["State"] == state:
        return False
    known = scheduler.meta.service_model.operation_model("UpdateSchedule").input_shape.members
    kept = {key: value for key, value in described.items() if key in known}  # what is left out would be unset
    scheduler.update_schedule(**kept | {"State": state})
    return True


def next_of(stepfunctions: Any, machine: str, schedule: Mapping[str, Any], now: datetime) -> Next:
    """When the schedule of GetSchedule's answer fires next."""
    if schedule["State"] != ON:
        return Next(None, "it is off: `taproom schedule on`")
    expression, end = schedule["ScheduleExpression"], schedule.get("EndDate")
    begin, why = schedule.get("StartDate") or schedule["CreationDate"], "by its expression"
    if period_of(expression) and begin <= now:
        begin, why = _rate_begin(stepfunctions, machine, schedule, begin)
    try:
        at = next_firing(expression, schedule.get("ScheduleExpressionTimezone") or "UTC", now, begin)
    except NotReckoned as error:
        return Next(None, f"unknown: {error}")
    if at is None or (end is not None and at > end):
        return Next(None, "it fires no more")
    return Next(at.astimezone(UTC), why)


def _rate_begin(stepfunctions: Any, machine: str, schedule: Mapping[str, Any], begin: datetime) -> tuple[datetime, str]:
    """From when a rate counts, and how that is known: AWS tells of no firing, an execution's input does."""
    modified = schedule.get("LastModificationDate") or begin
    if fired := _last_fired(stepfunctions, machine, schedule["Arn"]):
        about = "about, as it was changed since then; " if modified > fired else ""
        return fired, f"{about}it fired last at {fired.astimezone(UTC):%Y-%m-%d %H:%M UTC}"
    if modified - begin > AT_ONCE:
        return begin, "about, as it was changed since it was made, and none of the newest executions is of it"
    return begin, "counted from when it was made"


def _last_fired(stepfunctions: Any, machine: str, schedule_arn: str) -> datetime | None:
    pages = stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"PageSize": LOOKED_AT}
    )
    for one in islice((one for page in pages for one in page["executions"]), LOOKED_AT):
        described = stepfunctions.describe_execution(executionArn=one["executionArn"])
        try:
            trigger = json.loads(described.get("input") or "{}")["Trigger"]
            if trigger["Schedule"] == schedule_arn:
                return _moment(trigger["Time"])
        except (ValueError, KeyError, TypeError):
            continue
    return None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
