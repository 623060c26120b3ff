"""Wildcards of IAM: ``*`` is any text, ``?`` one character; an ARN's six parts are matched one by one."""

from __future__ import annotations

import re
from functools import lru_cache

PARTS = 6  # arn:partition:service:region:account:resource, and the resource may have colons of its own


@lru_cache(maxsize=4096)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    text = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches(pattern: str, value: str, ignore_case: bool = False) -> bool:
    """Whether a text matches a pattern."""
    return _expression(pattern, ignore_case).fullmatch(value) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether an ARN matches a pattern. A wildcard does not reach over the colons between the parts."""
    if pattern == "*":
        return True
    wanted, given = pattern.split(":", PARTS - 1), arn.split(":", PARTS - 1)
    return len(wanted) == len(given) and all(map(matches, wanted, given))
