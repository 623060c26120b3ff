"""When a schedule fires: ``rate(7 days)`` and ``at(2026-01-31T12:00:00)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")


class BadScheduleExpression(ValueError):
    """An expression that is wrong, or that the local AWS does not run."""


@dataclass(frozen=True)
class Timetable:
    """The moments of a schedule: ``first``, then every ``period`` (None: only once)."""

    first: datetime
    period: timedelta | None

    def after(self, moment: datetime) -> datetime | None:
        """The first moment that is later than ``moment``."""
        if moment < self.first:
            return self.first
        if self.period is None:
            return None
        return self.first + ((moment - self.first) // self.period + 1) * self.period


def timetable(expression: str, begin: datetime, timezone: str = "UTC") -> Timetable:
    """The timetable of an expression; a rate counts from ``begin``. Raises BadScheduleExpression."""
    if rate := _RATE.fullmatch(expression):
        number, unit = int(rate[1]), rate[2]
        if number == 0 or (number == 1) != (not unit.endswith("s")):
            raise BadScheduleExpression(
                f"Invalid Schedule Expression {expression}: a rate is a positive number and its unit, singular for 1"
            )
        return Timetable(begin, timedelta(**{unit.rstrip("s") + "s": number}))
    if at := _AT.fullmatch(expression):
        try:
            zone = ZoneInfo(timezone)
        except ZoneInfoNotFoundError as error:
            raise BadScheduleExpression(f"unknown time zone {timezone}") from error
        return Timetable(datetime.fromisoformat(at[1]).replace(tzinfo=zone).astimezone(UTC), None)
    if expression.startswith("cron("):
        raise BadScheduleExpression(f"the local AWS does not run {expression}: use rate(...) or at(...)")
    raise BadScheduleExpression(f"Invalid Schedule Expression {expression}.")
