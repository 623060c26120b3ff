"""What waits for the end of the execution that runs: uploads, and executions that were started meanwhile.

An upload is trained on by whichever execution claims it next; of one key only the newest upload counts. A start (by a
person, or a rerun) is started again with the very same input.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rules.execution import Execution

KIND = "pending"
UPLOAD, START = "upload#", "start#"
NAME_LIMIT = 1024  # bytes of a row's name, by DynamoDB


@dataclass(frozen=True)
class Pending:
    """A row of what waits; its token is another one whenever the row was written."""

    name: str
    token: str
    document: dict[str, Any]

    @property
    def is_upload(self) -> bool:
        return self.name.startswith(UPLOAD)

    @property
    def execution(self) -> str:
        """The ARN of the execution that did not run."""
        return self.document["Execution"]

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.document["At"])


def upload_name(key: str) -> str:
    """The name of an upload's row; S3 allows keys that are as long as a whole name may be."""
    name = UPLOAD + key
    if len(name.encode()) <= NAME_LIMIT:
        return name
    digest = hashlib.sha256(key.encode()).hexdigest()
    return name.encode()[: NAME_LIMIT - len(digest) - 1].decode(errors="ignore") + "#" + digest


def start_name(execution_name: str) -> str:
    return START + execution_name


def upload_document(trigger: dict[str, Any], default_input: dict[str, Any], execution: Execution) -> dict[str, Any]:
    return {"Trigger": trigger, "DefaultInput": default_input} | _told(execution)


def start_document(given: Any, execution: Execution) -> dict[str, Any]:
    return {"Input": given} | _told(execution)


def _told(execution: Execution) -> dict[str, Any]:
    return {"Execution": execution.id, "At": execution.moment.astimezone(UTC).isoformat()}
