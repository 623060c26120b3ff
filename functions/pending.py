"""What waits, in the table of runs. Nothing of it is written twice: asked again, its rows stay as they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rules.execution import Execution
from rules.pending import KIND, Pending, start_document, start_name, upload_document, upload_name
from runs_table import Row, read_row, read_rows, remove_row, write_row


def read_pending() -> list[Pending]:
    """All that waits now, by the rows' names."""
    return [Pending(row.name, row.token, row.document) for row in read_rows(KIND)]


def record_upload(trigger: dict[str, Any], default_input: dict[str, Any], execution: Execution) -> None:
    """Have an upload wait; one of the same key that came later stays instead."""
    _write(upload_name(trigger["Key"]), upload_document(trigger, default_input, execution))


def record_start(given: Any, execution: Execution) -> None:
    """Have an execution's input wait to be started again."""
    _write(start_name(execution.name), start_document(given, execution))


def renew_uploads() -> None:
    """Write every upload's row anew as it is, so that what follows for them is another execution than before."""
    for one in read_pending():
        if one.is_upload:
            # a row that is no longer so was claimed or written meanwhile, which is as good
            write_row(KIND, one.name, one.document, over=_row(one))


def forget_start(execution: Execution) -> None:
    """Remove the row of an execution that runs after all."""
    row = read_row(KIND, start_name(execution.name))
    if row is not None and row.document["Execution"] == execution.id:
        remove_row(row)


def remove_pending(one: Pending) -> bool:
    """Remove a row as it was read; whether it was still so."""
    return remove_row(_row(one))


def _write(name: str, document: dict[str, Any]) -> None:
    at = datetime.fromisoformat(document["At"])
    while True:
        there = read_row(KIND, name)
        if there is not None:
            recorded = there.document["Execution"] == document["Execution"]
            if recorded or datetime.fromisoformat(there.document["At"]) > at:
                return
        if write_row(KIND, name, document, over=there) is not None:
            return


def _row(one: Pending) -> Row:
    return Row(KIND, one.name, one.token, one.document)
