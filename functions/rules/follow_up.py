"""The execution that follows one that ended, for what waits: its name and its input.

The name tells what it is for: asked for a second time, by whatever event, it is the same execution. So nothing is
started twice, and uploads whose follow-up failed before it had claimed them are not started for again and again:
they wait for the next execution, or for a person who redrives the failed one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.pending import Pending

UPLOADS, AGAIN = "uploads-", "again-"
HASH_LENGTH = 12  # hexadecimal digits


@dataclass(frozen=True)
class FollowUp:
    """``start`` is the start that it is for; None where it is for the uploads, which it claims itself."""

    name: str
    input: dict[str, Any]
    since: datetime
    start: Pending | None = None

    def text(self) -> str:
        """The input as StartExecution takes it: no longer than it was given, as there is a limit."""
        return json.dumps(self.input, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def follow_ups(waiting: Iterable[Pending], ended: str) -> list[FollowUp]:
    """What is to be started, the oldest first: one for all uploads, and one for each start. ``ended`` is an ARN."""
    waiting = list(waiting)
    found = [_again(start) for start in waiting if not start.is_upload]
    uploads = sorted((upload for upload in waiting if upload.is_upload), key=lambda upload: (upload.at, upload.name))
    if uploads:
        newest = uploads[-1].document["DefaultInput"]
        told = {"DefaultInput": newest, "Trigger": {"Coalesced": ended}}
        found.append(FollowUp(_uploads_name(uploads), told, uploads[0].at))
    return sorted(found, key=lambda one: (one.since, one.name))


def follow_up_called(name: str, known: Iterable[FollowUp]) -> FollowUp | None:
    """The follow-up for which the name was reserved, by what waits now; None where that waits no more."""
    for one in known:
        if one.name == name:
            return one
        if one.start is None and name.startswith(UPLOADS):  # uploads came since
            return FollowUp(name, one.input, one.since)
    return None


def execution_arn(machine: str, name: str) -> str:
    """The ARN of the state machine's execution of that name."""
    _, partition, service, region, account, _, machine_name, *_ = machine.split(":")
    return ":".join(("arn", partition, service, region, account, "execution", machine_name, name))


def _again(start: Pending) -> FollowUp:
    return FollowUp(AGAIN + _digest(start.execution), start.document["Input"], start.at, start)


def _uploads_name(uploads: list[Pending]) -> str:
    return UPLOADS + _digest(json.dumps(sorted((upload.name, upload.token) for upload in uploads)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]
