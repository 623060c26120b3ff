"""Whether every function can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from taproom.doctor.finding import FAIL, OK, Finding, changed_beside
from taproom.doctor.site import Site
from taproom.faults import error_code


def check(site: Site) -> Iterator[Finding]:
    functions = {name: one.physical_id for name, one in site.resources.items() if one.kind == "AWS::Lambda::Function"}
    well = 0
    for logical_id, name in functions.items():
        try:
            state = site.client("lambda").get_function_configuration(FunctionName=name).get("State", "Active")
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            state = "not there"
        if state in ("Active", "Inactive"):  # an inactive one wakes up when it is asked
            well += 1
        else:
            yield Finding("functions", FAIL, f"{logical_id} ({name}) is {state.lower()}", changed_beside(site.stack))
    if well == len(functions):
        yield Finding("functions", OK, f"{well} functions can be asked")
