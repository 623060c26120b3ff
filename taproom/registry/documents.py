"""JSON documents of a version in S3. What is missing or unreadable is told, not raised: versions outlive files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from taproom.faults import error_code

SIZE_LIMIT = 16 * 2**20  # bytes; a manifest of very many review files may have some


@dataclass(frozen=True)
class Document:
    """A JSON object; empty, with the reason in ``missing``, where it cannot be had."""

    content: dict[str, Any] = field(default_factory=dict)
    missing: str = ""


def read_document(s3: Any, uri: str) -> Document:
    """The JSON object at an ``s3://`` URI ("" where the version names none)."""
    place = urlsplit(uri)
    if not uri:
        return Document(missing="the version names no such document")
    if place.scheme != "s3" or not place.netloc or not place.path.strip("/"):
        return Document(missing=f"{uri} is no s3:// URI of an object")
    try:
        body = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read(SIZE_LIMIT + 1)
    except ClientError as error:
        return Document(missing=f"{uri} cannot be read ({error_code(error)})")
    except BotoCoreError as error:
        return Document(missing=f"{uri} cannot be read ({error})")
    if len(body) > SIZE_LIMIT:
        return Document(missing=f"{uri} is larger than {SIZE_LIMIT} bytes")
    return parse_document(body, uri)


def parse_document(body: str | bytes, where: str) -> Document:
    """``where`` is for messages."""
    try:
        content = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return Document(missing=f"{where} is not JSON: {str(error)[:200]}")
    if not isinstance(content, dict):
        return Document(missing=f"{where} holds no JSON object")
    return Document(content)


def at(content: Any, *path: str) -> Any:
    """The value at a path of keys; None where the path leads nowhere."""
    for key in path:
        if not isinstance(content, dict):
            return None
        content = content.get(key)
    return content


def objects(value: Any) -> list[dict[str, Any]]:
    """The JSON objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _refuse(constant: str) -> Any:
    raise ValueError(f"it holds a bare {constant}")
