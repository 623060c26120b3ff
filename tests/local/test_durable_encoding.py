"""moto's models as JSON and back, and when an object expires."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.s3.models import LifecycleFilter, LifecycleRule

from taproom.local.durable.encoding import decode, encode
from taproom.local.durable.s3_expiry import is_expired

names = st.text(max_size=5) | st.sampled_from(["$object", "$bytes", "$pairs", "$datetime"])
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
moments = st.datetimes() | st.datetimes(timezones=st.just(UTC))
documents = st.recursive(
    plain | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.integers(), inner, max_size=3),
)


@given(documents)
def test_what_is_kept_comes_back(document):
    assert decode(json.loads(json.dumps(encode(document)))) == document


def test_an_object_of_moto_comes_back_with_its_fields():
    rule = LifecycleRule(rule_id="old", lc_filter=LifecycleFilter(prefix="a/"), expiration_days="3")
    again = decode(json.loads(json.dumps(encode(rule))))
    assert isinstance(again, LifecycleRule)
    assert (again.id, again.filter.prefix, again.expiration_days) == ("old", "a/", "3")


def test_what_cannot_be_kept_is_named():
    with pytest.raises(TypeError, match=r"builtins\.object cannot be kept"):
        encode({"a": [object()]})


def test_only_classes_of_moto_are_made():
    with pytest.raises(ValueError, match="none of moto's"):
        decode({"$object": "subprocess.Popen", "fields": {}})


WRITTEN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
BY_TAG = LifecycleFilter(tag=("a", "b"))
RULE = LifecycleRule(status="Enabled", lc_filter=LifecycleFilter(prefix="a/"), expiration_days="1")


@pytest.mark.parametrize(
    ("rule", "key", "hours", "expired"),
    [
        (RULE, "a/b", 35, False),  # written on the 1st at noon: a day later is the 2nd, the midnight after it the 3rd
        (RULE, "a/b", 36, True),
        (RULE, "b/a", 1000, False),
        (LifecycleRule(status="Disabled", prefix="", expiration_days="1"), "a/b", 1000, False),
        (LifecycleRule(status="Enabled", prefix="", expiration_days="1"), "a/b", 36, True),
        (LifecycleRule(status="Enabled", prefix="", aimu_days="7"), "a/b", 1000, False),
        (
            LifecycleRule(status="Enabled", lc_filter=LifecycleFilter(tag=("a", "b")), expiration_days="1"),
            "a",
            99,
            False,
        ),
    ],
)
def test_an_object_expires_at_the_midnight_after_its_days(rule, key, hours, expired):
    written = WRITTEN.replace(tzinfo=None)  # as moto has it
    assert is_expired([rule], key, written, WRITTEN + timedelta(hours=hours)) is expired
