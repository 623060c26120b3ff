"""When schedules fire: moments worked out by hand, and against each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taproom.manage.cron import NotReckoned, parse_cron
from taproom.manage.firing import next_firing, period_of

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "now", "following"),
    [
        ("rate(7 days)", "2026-01-05T12:00:00", "2026-01-12T12:00:00"),
        ("rate(7 days)", "2026-01-12T11:59:59", "2026-01-12T12:00:00"),
        ("rate(7 days)", "2026-02-01T00:00:00", "2026-02-02T12:00:00"),
        ("rate(1 hour)", "2026-01-05T15:30:00", "2026-01-05T16:00:00"),
        ("rate(5 minutes)", "2026-01-05T11:00:00", "2026-01-05T12:00:00"),  # not before it begins
        ("at(2026-03-01T08:30:00)", "2026-01-05T12:00:00", "2026-03-01T08:30:00"),
        ("cron(0 12 ? * MON *)", "2026-01-05T12:00:00", "2026-01-12T12:00:00"),
        ("cron(0 12 ? * 2 *)", "2026-01-05T11:00:00", "2026-01-05T12:00:00"),
        ("cron(15 10 ? * MON-FRI *)", "2026-01-09T10:15:00", "2026-01-12T10:15:00"),
        ("cron(0 3 ? * FRI-MON *)", "2026-01-05T12:00:00", "2026-01-09T03:00:00"),
        ("cron(0/20 8-9 ? * * *)", "2026-01-06T08:25:00", "2026-01-06T08:40:00"),
        ("cron(30 4 1,15 * ? *)", "2026-01-05T12:00:00", "2026-01-15T04:30:00"),
        ("cron(0 0 29 FEB ? *)", "2026-01-05T12:00:00", "2028-02-29T00:00:00"),
        ("cron(0 0 1 1/6 ? 2027-2028)", "2026-01-05T12:00:00", "2027-01-01T00:00:00"),
        ("cron(0 12 * * ? *)", "2026-01-05T12:00:01", "2026-01-06T12:00:00"),
        ("cron(0 11 ? * * *)", "2026-01-01T00:00:00", "2026-01-06T11:00:00"),  # not before it begins
    ],
)
def test_the_next_moment(expression, now, following):
    assert next_firing(expression, "UTC", at(now), BEGIN) == at(following)


@pytest.mark.parametrize("expression", ["at(2026-01-05T11:00:00)", "cron(0 0 1 1 ? 2020)", "cron(0 0 31 2 ? *)"])
def test_what_fires_no_more_has_none(expression):
    assert next_firing(expression, "UTC", BEGIN, BEGIN) is None


@pytest.mark.parametrize(
    ("expression", "now", "following"),
    [
        # Berlin is an hour ahead of UTC in winter, two in summer
        ("cron(0 8 ? * * *)", "2026-01-05T12:00:00", "2026-01-06T07:00:00"),
        ("cron(0 8 ? * * *)", "2026-07-01T12:00:00", "2026-07-02T06:00:00"),
        # 02:30 of 29 March does not exist there: the day after is the next
        ("cron(30 2 ? * * *)", "2026-03-28T12:00:00", "2026-03-30T00:30:00"),
        # 02:30 of 25 October comes twice: it fires the first time alone
        ("cron(30 2 ? * * *)", "2026-10-24T12:00:00", "2026-10-25T00:30:00"),
        ("cron(30 2 ? * * *)", "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
        ("at(2026-07-01T08:00:00)", "2026-01-05T12:00:00", "2026-07-01T06:00:00"),
    ],
)
def test_a_time_zone_has_its_summer_time(expression, now, following):
    assert next_firing(expression, "Europe/Berlin", at(now), BEGIN) == at(following)


@pytest.mark.parametrize(
    "expression",
    [
        *("cron(0 12 L * ? *)", "cron(0 12 ? * 6L *)", "cron(0 12 3W * ? *)", "cron(0 12 ? * 2#1 *)"),
        *(
            "cron(0 12 * * *)",
            "cron(0 12 1 * 2 *)",
            "cron(60 12 ? * * *)",
            "cron(0/0 12 ? * * *)",
            "cron(*-3 1 ? * * *)",
        ),
        *("rate(0 days)", "at(2026-13-01T00:00:00)", "sometimes", ""),
    ],
)
def test_what_is_not_reckoned_says_so(expression):
    with pytest.raises(NotReckoned):
        next_firing(expression, "UTC", BEGIN, BEGIN)


def test_a_zone_that_is_none_is_not_reckoned():
    with pytest.raises(NotReckoned, match="Nowhere"):
        next_firing("cron(0 12 ? * * *)", "Nowhere/Land", BEGIN, BEGIN)


@given(st.timedeltas(timedelta(0), timedelta(days=1500)), st.integers(1, 500), st.sampled_from(["minute", "day"]))
def test_a_rate_s_next_moment_is_later_by_at_most_one_period(passed, number, unit):
    expression = f"rate({number} {unit}s)"
    following = next_firing(expression, "UTC", BEGIN + passed, BEGIN)
    assert timedelta(0) < following - (BEGIN + passed) <= period_of(expression)
    assert (following - BEGIN) % period_of(expression) == timedelta(0)


@given(st.timedeltas(timedelta(0), timedelta(days=365)))
def test_a_cron_s_next_moment_is_the_first_minute_that_matches(passed):
    """Against a look at every minute."""
    now = BEGIN + passed
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while not (minute.minute in (7, 37) and minute.hour % 5 == 0 and minute.isoweekday() in (7, 3)):
        minute += timedelta(minutes=1)
    assert parse_cron("cron(7,37 */5 ? * SUN,WED *)").after(now, ZoneInfo("UTC")) == minute
