"""JSON documents of S3, as the functions write them."""

from __future__ import annotations

import json
from typing import Any

from aws import client
from rules.s3_uri import S3Uri


def write_document(place: S3Uri, document: Any, *, indent: int | None = 2) -> None:
    """Write ``document``; it replaces what an earlier try has written."""
    body = json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False).encode()
    client("s3").put_object(Bucket=place.bucket, Key=place.key, Body=body, ContentType="application/json")
