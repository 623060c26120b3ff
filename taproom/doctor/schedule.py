"""Whether the schedule starts runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from taproom.doctor.finding import DEPLOY, FAIL, OK, WARN, Finding, changed_beside
from taproom.doctor.site import Site
from taproom.executions import ExecutionError
from taproom.faults import error_code
from taproom.manage.schedule import ON, next_of, schedule_name


def check(site: Site) -> Iterator[Finding]:
    machine = site.outputs["StateMachineArn"]
    try:
        name = schedule_name(site.client("cloudformation"), site.stack)
    except ExecutionError as error:
        yield Finding("schedule", FAIL, str(error), DEPLOY)
        return
    try:
        found = site.client("scheduler").get_schedule(Name=name)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        yield Finding("schedule", FAIL, f"the schedule {name} is not there", changed_beside(site.stack))
        return
    expression = found["ScheduleExpression"]
    if found["Target"]["Arn"] != machine:
        yield Finding("schedule", FAIL, f"{name} does not start the state machine", changed_beside(site.stack))
    elif found["State"] != ON:
        told = f"{expression}, but it is off: nothing retrains by itself"
        yield Finding("schedule", WARN, told, "taproom schedule on")
    else:
        following = next_of(site.client("stepfunctions"), machine, found, datetime.now(UTC))
        when = f"{following.at:%Y-%m-%d %H:%M} UTC" if following.at else following.why
        yield Finding("schedule", OK, f"on, {expression}; next: {when}")
