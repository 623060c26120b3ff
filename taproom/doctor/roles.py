"""Whether the stack's roles are there, and may be assumed by the services that they are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from taproom.doctor.finding import FAIL, OK, Finding, changed_beside
from taproom.doctor.site import Site
from taproom.faults import error_code

SERVICES = {"JobRole": "sagemaker", "RetrainingStateMachineRole": "states", "UploadRuleRole": "events"}
SCHEDULE_ROLE = "ScheduleRole"  # ends the logical ids of those that SAM makes for schedules


def check(site: Site) -> Iterator[Finding]:
    roles = {name: one.physical_id for name, one in site.resources.items() if one.kind == "AWS::IAM::Role"}
    well = 0
    for logical_id, name in roles.items():
        service = f"{service_of(logical_id)}.amazonaws.com"
        try:
            trust = site.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        except ClientError as error:
            if error_code(error) != "NoSuchEntity":
                raise
            yield Finding("roles", FAIL, f"the role {logical_id} ({name}) is not there", changed_beside(site.stack))
            continue
        if service in trusted(trust):
            well += 1
        else:
            yield Finding("roles", FAIL, f"{service} may not assume {logical_id} ({name})", changed_beside(site.stack))
    if well == len(roles):
        yield Finding("roles", OK, f"{well} roles are there, and trust their services")


def service_of(logical_id: str) -> str:
    return SERVICES.get(logical_id, "scheduler" if logical_id.endswith(SCHEDULE_ROLE) else "lambda")


def trusted(document: dict[str, Any]) -> set[str]:
    """The services that a trust policy lets assume the role."""
    services: set[str] = set()
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        if statement.get("Effect") == "Allow" and isinstance(principal, dict):
            named = principal.get("Service", [])
            services |= set(named) if isinstance(named, list) else {named}
    return services
