"""A message as SNS takes it, whatever a name holds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules.message import Message, subject


@given(st.text())
def test_any_text_becomes_a_subject_that_sns_takes(text):
    made = subject(text)
    assert 0 < len(made) < 100
    assert made.isascii()
    assert made.isprintable()
    assert made[0].isalnum()


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("taproom: Failed at Prepare (week-46)", "taproom: Failed at Prepare (week-46)"),
        ("x" * 99, "x" * 99),
        ("x" * 100, "x" * 96 + "..."),
        ("two\nlines", "two\\nlines"),
        ("Bräu", "Br\\xe4u"),
        (" - taproom ", "taproom"),
        ("", "Taproom"),
    ],
)
def test_a_subject_is_cut_and_escaped(text, made):
    assert subject(text) == made


def test_outcomes_are_an_array_by_which_a_subscriber_may_filter():
    request = Message("Both", "text", ("Registered", "Rejected")).request("arn:topic")
    attribute = request["MessageAttributes"]["Outcome"]
    assert attribute["DataType"] == "String.Array"
    assert json.loads(attribute["StringValue"]) == ["Registered", "Rejected"]


def test_a_text_is_never_longer_than_sns_takes():
    request = Message("Long", "🍺" * 100_000, ("Failed",)).request("arn:topic")
    assert len(request["Message"].encode()) <= 256 * 1024
