"""All checks, one after another: what keeps one from being made keeps no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from taproom.doctor import (
    bucket,
    code,
    credentials,
    functions,
    images,
    notifications,
    permissions,
    quotas,
    registry,
    reviews,
    roles,
    runs_table,
    schedule,
    stack,
    state_machine,
    uploads,
)
from taproom.doctor.finding import FAIL, NOT_CHECKED, Finding
from taproom.doctor.site import Site
from taproom.faults import DENIED, error_code, in_words

Check = Callable[[Site], Iterable[Finding]]
FIRST: dict[str, Check] = {"credentials": credentials.check, "stack": stack.check}  # without these no other makes sense
THEN: dict[str, Check] = {
    "state machine": state_machine.check,
    "functions": functions.check,
    "roles": roles.check,
    "permissions": permissions.check,
    "quotas": quotas.check,
    "images": images.check,
    "code": code.check,
    "bucket": bucket.check,
    "uploads": uploads.check,
    "schedule": schedule.check,
    "reviews": reviews.check,
    "registry": registry.check,
    "runs table": runs_table.check,
    "notifications": notifications.check,
}


def examine(site: Site) -> Iterator[Finding]:
    """Findings as they are made. Raises nothing that can be expected to go wrong between here and AWS."""
    for position, (name, check) in enumerate(FIRST.items()):
        findings = made(name, check, site)
        yield from findings
        if any(one.status == FAIL for one in findings):
            others = [*list(FIRST)[position + 1 :], *THEN]
            yield from (Finding(other, NOT_CHECKED, f"first see to: {name}") for other in others)
            return
    for name, check in THEN.items():
        yield from made(name, check, site)


def made(name: str, check: Check, site: Site) -> list[Finding]:
    """What one check found; that it was denied, or went wrong, is a finding too."""
    try:
        return list(check(site))
    except ClientError as error:
        return [Finding(name, NOT_CHECKED if error_code(error) in DENIED else FAIL, in_words(error))]
    except BotoCoreError as error:
        return [Finding(name, FAIL, in_words(error))]
