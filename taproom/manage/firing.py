"""When a schedule fires next: ``rate(7 days)``, ``cron(0 12 ? * MON *)`` or ``at(2026-01-31T12:00:00)``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from taproom.manage.cron import NotReckoned, parse_cron

RATE = re.compile(r"rate\(\s*([1-9]\d*)\s+(minute|hour|day)s?\s*\)")
AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")


def period_of(expression: str) -> timedelta | None:
    """How often a rate fires; None for any other expression."""
    found = RATE.fullmatch(expression)
    return timedelta(**{f"{found[2]}s": int(found[1])}) if found else None


def next_firing(expression: str, timezone: str, now: datetime, begin: datetime) -> datetime | None:
    """The first moment after ``now``, in UTC; None where it fires no more. A rate counts from ``begin``.

    Raises NotReckoned.
    """
    if period := period_of(expression):
        return begin if begin > now else begin + ((now - begin) // period + 1) * period
    try:
        zone = ZoneInfo(timezone)
        if found := AT.fullmatch(expression):
            moment = datetime.fromisoformat(found[1]).replace(tzinfo=zone).astimezone(UTC)
            return moment if moment > now else None
    except (ValueError, OSError, LookupError) as error:
        raise NotReckoned(f"{expression} in the time zone {timezone}: {error}") from error
    return parse_cron(expression).after(max(now, begin - timedelta(microseconds=1)), zone)
