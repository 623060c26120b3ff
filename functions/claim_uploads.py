"""The uploads that wait for a run, claimed by one that reads them.

They are read before the run lists its reviews, written down in the run's folder, and only then removed from the table,
each only as it was read: whatever happens in between, none is lost, and asked again a run has the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from read_object import read_object
from rules.claimed_uploads import LIMIT, UPLOAD, Upload, of_request, read_upload, triggers_document, united
from rules.execution_input import Request
from rules.json_document import parse_object
from rules.s3_uri import S3Uri
from runs_table import Row, read_rows, remove_row
from write_document import write_document


@dataclass(frozen=True)
class Claims:
    """``uploads``: all that the run has claimed. ``rows``: those of them that still wait in the table, as read."""

    place: S3Uri  # of triggers.json
    uploads: list[Upload]
    rows: list[Row]

    def document(self) -> dict[str, Any]:
        """What the state machine is told: never the keys themselves."""
        return {"Count": len(self.uploads), "Uri": str(self.place) if self.uploads else ""}

    def settle(self) -> None:
        """Write them down, and let none of them wait any longer that did not come anew."""
        if self.rows:
            write_document(self.place, triggers_document(self.uploads))
        for row in self.rows:
            remove_row(row)


def read_claims(request: Request, place: S3Uri) -> Claims:
    """What waits for a run of the request, and what an earlier try of it wrote down at ``place``."""
    waiting = [row for row in read_rows("pending") if row.name.startswith(UPLOAD)]
    rows = [row for row in waiting if of_request(request, read_upload(row.document))]
    body = read_object(place, LIMIT)
    earlier = [] if body is None else parse_object(body, str(place), written_by="Prepare", limit=LIMIT)["triggers"]
    return Claims(place, united(earlier, [read_upload(row.document) for row in rows]), rows)
