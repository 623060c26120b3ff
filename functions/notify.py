"""Telling people once: a message is published, then noted in the table of runs, so that a second event tells nothing.

In this order, a message comes twice where a function dies in between, or where two events are served at the same
moment; the other way round it might never come.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from aws import client
from rules.message import Message
from runs_table import put_row, read_row

KIND = "told"
KEPT = timedelta(days=30)  # EventBridge and Lambda give up on an event after hours


def was_told(name: str) -> bool:
    return read_row(KIND, name) is not None


def tell(message: Message, topic: str) -> None:
    client("sns").publish(**message.request(topic))


def note_told(name: str, now: datetime) -> None:
    """Note at ``now`` that what ``name`` stands for is told."""
    put_row(KIND, name, {"ToldAt": now.isoformat()}, forget_at=int((now + KEPT).timestamp()))
