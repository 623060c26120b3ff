"""Whether the table of runs is there, without which none begins."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from taproom.doctor.finding import DEPLOY, FAIL, OK, Finding
from taproom.doctor.site import Site
from taproom.faults import error_code

RESTORE = "restore it to a point in time before it was deleted: aws dynamodb restore-table-to-point-in-time"


def check(site: Site) -> Iterator[Finding]:
    table = site.physical_id("RunsTable")
    if not table:
        yield Finding("runs table", FAIL, "the stack has no table of runs", DEPLOY)
        return
    try:
        status = site.client("dynamodb").describe_table(TableName=table)["Table"]["TableStatus"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        status = "not there"
    if status in ("ACTIVE", "UPDATING"):
        yield Finding("runs table", OK, f"{table} is there")
    else:
        yield Finding("runs table", FAIL, f"the table {table} is {status.lower()}", RESTORE)
