"""Uploading reviews, and finding the execution which that upload started."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any


class NotStarted(RuntimeError):
    """An upload was not followed by an execution."""


def reviews_prefix(file: Path) -> str:
    """``reviews/<name>-<content hash>/``: different files never share a folder, the same file always has the same."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stem = re.sub(r"[^a-zA-Z0-9-]+", "-", file.name.split(".")[0]).strip("-")[:40] or "reviews"
    return f"reviews/{stem}-{digest[:8]}/"


def upload(s3: Any, file: Path, bucket: str, key: str) -> None:
    s3.upload_file(str(file), bucket, key)


def started_by(stepfunctions: Any, machine: str, key: str, within: float = 30.0, known: Collection[str] = ()) -> str:
    """ARN of the newest execution whose input names the uploaded ``key``; NotStarted after ``within`` seconds.

    ``known``: ARNs of executions that were there before, which other uploads of the key started.
    """
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for execution in stepfunctions.list_executions(stateMachineArn=machine)["executions"]:
            if execution["executionArn"] in known:
                continue
            described = stepfunctions.describe_execution(executionArn=execution["executionArn"])
            if _trigger(described.get("input", "")).get("Key") == key:
                return execution["executionArn"]
        time.sleep(0.05)
    raise NotStarted(f"no execution of {machine} was started by the upload of {key} within {within:.0f} s")


def _trigger(execution_input: str) -> dict[str, Any]:
    document = json.loads(execution_input or "{}")
    return (document.get("Trigger") or {}) if isinstance(document, dict) else {}
