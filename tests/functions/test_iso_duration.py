from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.iso_duration import NotADuration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P30D", 30 * 86_400),
        ("PT12H", 43_200),
        ("p1dt2h3m4s", 86_400 + 7_200 + 180 + 4),
        ("P1M", 30 * 86_400),
        ("PT1M", 60),
        ("P1Y", 365 * 86_400),
        ("P2W", 14 * 86_400),
        ("P0DT1S", 1),
        ("PT90S", 90),
        ("P1000Y", 365_000 * 86_400),
    ],
)
def test_a_duration_is_read(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1", "30D", "P1DT", "P1H", "PT1D", "P-1D", "P1.5D", "P1D ", " P1D", "P1D\n", "PT0S", "P0Y"),
        *("P1001Y", "P1000YT1S", "P" + "9" * 400 + "D", "P１D", "P1S", "PT1S1M", "30 days"),
    ],
)
def test_anything_else_is_named_with_what_is_allowed(text):
    with pytest.raises(NotADuration) as caught:
        parse_duration(text)
    assert "ISO 8601 duration such as P30D" in str(caught.value)
    assert len(str(caught.value)) < 200


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.integers(0, 400), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_parts_add_up(days, hours, minutes, seconds):
    expected = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if expected:
        assert parse_duration(f"P{days}DT{hours}H{minutes}M{seconds}S") == expected


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text("PTYMWDHS0123456789.- ٣", max_size=12))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(NotADuration):
        assert parse_duration(text) > timedelta()
