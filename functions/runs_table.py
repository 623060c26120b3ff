"""The table of runs: rows that are only ever written over what was read.

A row is found by its kind ("lease", "pending", ...) and its name, holds a JSON document, and has a token that every
write changes. Whoever writes or removes a row says which token was seen, so that two who do it at once cannot both
succeed: one is told that it was not the row any more.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws import client
from botocore.exceptions import ClientError

TABLE = "RUNS_TABLE"  # the variable that names it


@dataclass(frozen=True)
class Row:
    """A row as it was read or written."""

    kind: str
    name: str
    token: str
    document: dict[str, Any]


def read_row(kind: str, name: str) -> Row | None:
    """The row as it is now (a consistent read); None where there is none."""
    key = {"Kind": {"S": kind}, "Id": {"S": name}}
    found = client("dynamodb").get_item(TableName=os.environ[TABLE], Key=key, ConsistentRead=True).get("Item")
    return _row(found) if found else None


def read_rows(kind: str) -> Iterator[Row]:
    """All rows of a kind as they are now, by name."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=os.environ[TABLE],
            ConsistentRead=True,
            KeyConditionExpression="Kind = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
        )
    )
    for page in pages:
        yield from map(_row, page["Items"])


def write_row(
    kind: str, name: str, document: dict[str, Any], *, over: Row | None, forget_at: int | None = None
) -> Row | None:
    """Write a row over the one that was read (None: where there was none).

    ``forget_at`` is when DynamoDB may remove it by itself, in seconds since the epoch. Returns what was written; None
    where the row is no longer as it was read, and then nothing was.
    """
    row = Row(kind, name, uuid.uuid4().hex, document)
    item = {
        "Kind": {"S": kind},
        "Id": {"S": name},
        "Token": {"S": row.token},
        "Document": {"S": json.dumps(document, ensure_ascii=False, allow_nan=False)},
    }
    if forget_at is not None:
        item["ForgetAt"] = {"N": str(forget_at)}
    try:
        client("dynamodb").put_item(TableName=os.environ[TABLE], Item=item, **_unchanged(over))
    except ClientError as error:
        if _was_changed(error):
            return None
        raise
    return row


def put_row(kind: str, name: str, document: dict[str, Any], *, forget_at: int | None = None) -> None:
    """Write a row over whatever is there."""
    while write_row(kind, name, document, over=read_row(kind, name), forget_at=forget_at) is None:
        pass  # somebody else was faster: theirs is read and written over


def remove_row(row: Row) -> bool:
    """Remove a row as it was read; whether it was still so."""
    key = {"Kind": {"S": row.kind}, "Id": {"S": row.name}}
    try:
        client("dynamodb").delete_item(TableName=os.environ[TABLE], Key=key, **_unchanged(row))
    except ClientError as error:
        if _was_changed(error):
            return False
        raise
    return True


def _unchanged(seen: Row | None) -> dict[str, Any]:
    if seen is None:
        return {"ConditionExpression": "attribute_not_exists(Id)"}
    return {
        "ConditionExpression": "#token = :seen",
        "ExpressionAttributeNames": {"#token": "Token"},
        "ExpressionAttributeValues": {":seen": {"S": seen.token}},
    }


def _was_changed(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _row(item: dict[str, Any]) -> Row:
    return Row(item["Kind"]["S"], item["Id"]["S"], item["Token"]["S"], json.loads(item["Document"]["S"]))
