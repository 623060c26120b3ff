"""ISO 8601 durations, such as PT1H and P30D, as SageMaker Pipelines' ExpireAfter takes them."""

from __future__ import annotations

import re
from datetime import timedelta

from rules.wording import shown

FORM = "an ISO 8601 duration such as P30D or PT12H"
DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE | re.ASCII
)
SECONDS = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1)  # a year has 365 days, a month 30
LONGEST = 1_000 * SECONDS[0]


class NotADuration(ValueError):
    """A text that is no ISO 8601 duration."""


def parse_duration(text: str) -> timedelta:
    """The length of ``text``. Raises NotADuration, for one of no length and of more than a thousand years too."""
    found = DURATION.fullmatch(text)
    amounts = [] if found is None or text.upper().endswith("T") else [int(part or 0) for part in found.groups()]
    seconds = sum(amount * unit for amount, unit in zip(amounts, SECONDS, strict=False))
    if not 0 < seconds <= LONGEST:
        raise NotADuration(f"received {shown(text)}; allowed is {FORM}")
    return timedelta(seconds=seconds)
