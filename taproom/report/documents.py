"""The collected documents of a run. What is missing or of another form is empty: a failed run has a report as well."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any


def read(path: Path) -> Any:
    """A document, or None where the execution did not get so far or wrote something else than JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def read_object(path: Path) -> dict[str, Any]:
    return object_of(read(path))


def object_of(value: Any) -> dict[str, Any]:
    """The value where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    """The texts of a list; none where it is no list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def finite(value: Any) -> float | None:
    """The value where it is a number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def count(value: Any) -> int | None:
    """The value where it is a whole number from 0, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
