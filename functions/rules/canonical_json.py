"""One text for each JSON document, whatever the order of its keys, and the digest that tells documents apart."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(document: Any) -> str:
    """``document`` with its keys sorted, without spaces, in ASCII. NaN and infinities are refused (ValueError)."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(document: Any) -> str:
    """SHA-256 of the canonical text, in hexadecimal digits."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()
