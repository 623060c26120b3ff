"""When a cron expression of EventBridge fires: ``cron(15 10 ? * MON-FRI *)``.

Minutes, hours, day of the month, month, day of the week (1 is Sunday), year. L, W and # are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

CRON = re.compile(r"cron\((.+)\)")
MONTHS = {
    **{"JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6},
    **{"JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12},
}
WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
AHEAD = 366 * 9  # days: the longest between two 29ths of February is eight years
PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


class NotReckoned(ValueError):
    """An expression that is wrong, or has parts whose moments are not reckoned here."""


@dataclass(frozen=True)
class Cron:
    """The values of each field that fire; None where any does."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: frozenset[int] | None

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first moment later than ``moment``, in UTC; None where there is none.

        A time of day that the clocks skip does not fire; one that they repeat fires once.
        """
        today = moment.astimezone(zone).date()
        for number in range(AHEAD):
            day = today + timedelta(days=number)
            if self._has(day) and (later := [one for one in self._moments(day, zone) if one > moment]):
                return min(later)
        return None

    def _has(self, day: date) -> bool:
        return (
            day.month in self.months
            and (self.days is None or day.day in self.days)
            and (self.weekdays is None or day.isoweekday() % 7 + 1 in self.weekdays)
            and (self.years is None or day.year in self.years)
        )

    def _moments(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                there = local.astimezone(UTC)
                if there.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    yield there


def parse_cron(expression: str) -> Cron:
    """Raises NotReckoned."""
    found = CRON.fullmatch(expression)
    fields = found[1].split() if found else []
    if len(fields) != 6:
        raise NotReckoned(f"{expression} does not have six fields")
    minutes, hours, days, months, weekdays, years = fields
    if "?" not in (days, weekdays):
        raise NotReckoned(f"{expression} must have ? as day of the month or day of the week")
    return Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        None if days == "?" else _values(days, 1, 31),
        _values(months, 1, 12, MONTHS),
        None if weekdays == "?" else _values(weekdays, 1, 7, WEEKDAYS),
        None if years == "*" else _values(years, 1970, 2199),
    )


def _values(field: str, lowest: int, highest: int, names: dict[str, int] | None = None) -> frozenset[int]:
    values: set[int] = set()
    for part in field.upper().split(","):
        found = PART.fullmatch(part)
        if not found or (found["first"] == "*" and found["last"]):
            raise NotReckoned(f"{part} in a cron expression is not reckoned here")
        if found["first"] == "*":
            first, last = lowest, highest
        else:
            first = _number(found["first"], names or {})
            last = _number(found["last"], names or {}) if found["last"] else highest if found["step"] else first
        step = int(found["step"] or 1)
        if not (lowest <= first <= highest and lowest <= last <= highest and step):
            raise NotReckoned(f"{part} in a cron expression is not between {lowest} and {highest}")
        # FRI-MON goes over the end
        span = range(first, last + 1) if first <= last else [*range(first, highest + 1), *range(lowest, last + 1)]
        values.update(list(span)[::step])
    return frozenset(values)


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdecimal():
        raise NotReckoned(f"{text} in a cron expression is not reckoned here")
    return int(text)
