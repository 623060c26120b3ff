"""A JSON document that another step wrote, read with care: it may be missing, too large or anything but JSON."""

from __future__ import annotations

import json
from typing import Any

SIZE_LIMIT = 2**20  # bytes; metrics and verdicts take a few thousand


class DocumentMissing(ValueError):
    """A document that a step before should have written is not there."""


class DocumentUnreadable(ValueError):
    """A document is no JSON object."""


def parse_json(
    body: bytes, uri: str, *, limit: int = SIZE_LIMIT, unreadable: type[ValueError] = DocumentUnreadable
) -> Any:
    """What the bytes of the document at ``uri`` say; raises ``unreadable``. NaN and Infinity are no JSON."""
    if len(body) > limit:
        raise unreadable(f"{uri} is larger than {limit} bytes, which no such document is")
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise unreadable(f"{uri} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise unreadable(f"{uri} is not JSON: {str(error)[:300]}") from error


def parse_object(body: bytes | None, uri: str, *, written_by: str, limit: int = SIZE_LIMIT) -> dict[str, Any]:
    """The JSON object at ``uri``. Raises DocumentMissing where there is no ``body``, and DocumentUnreadable."""
    if body is None:
        raise DocumentMissing(f"{uri} is missing: {written_by} did not write it")
    document = parse_json(body, uri, limit=limit)
    if not isinstance(document, dict):
        raise DocumentUnreadable(f"{uri} must be a JSON object, but is a {type(document).__name__}")
    return document


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"it holds a bare {name}, which is not JSON")
