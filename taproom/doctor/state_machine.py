"""Whether the state machine is there."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from taproom.doctor.finding import FAIL, OK, Finding, changed_beside
from taproom.doctor.site import Site
from taproom.faults import error_code


def check(site: Site) -> Iterator[Finding]:
    machine = site.outputs["StateMachineArn"]
    name = machine.rsplit(":", 1)[-1]
    try:
        status = site.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["status"]
    except ClientError as error:
        if error_code(error) != "StateMachineDoesNotExist":
            raise
        status = "not there"
    if status == "ACTIVE":
        yield Finding("state machine", OK, f"{name} is there")
    else:
        yield Finding("state machine", FAIL, f"{name} is {status.lower()}", changed_beside(site.stack))
