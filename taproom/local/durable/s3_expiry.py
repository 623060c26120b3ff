"""Objects whose time has come, by the lifecycle rules of their bucket.

S3 looks once a day, and counts an object's days to the midnight (UTC) after them; here it is looked at when a local AWS
starts. Of the rules only those with a prefix and a number of days are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any


def is_expired(rules: Iterable[Any], key_name: str, last_modified: datetime, now: datetime) -> bool:
    """Whether one of moto's lifecycle rules removes an object. ``last_modified``: in UTC and naive, as moto has it."""
    written = last_modified.replace(tzinfo=UTC)
    return any(
        rule.status == "Enabled"
        and rule.expiration_days
        and key_name.startswith(_prefix(rule))
        and _due(written, int(rule.expiration_days)) <= now
        for rule in rules
    )


def _prefix(rule: Any) -> str:
    """The rule's prefix; one that filters by anything else matches no key."""
    if rule.filter is None:
        return rule.prefix or ""
    return "\0" if rule.filter.prefix is None else rule.filter.prefix


def _due(written: datetime, days: int) -> datetime:
    end = written + timedelta(days=days)
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == end else midnight + timedelta(days=1)
