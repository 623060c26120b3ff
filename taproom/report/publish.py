"""The page, put into the run's folder of the bucket, with what later reports tell of the run."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from taproom.follow import Snapshot

PAGE = "report.html"
ENDED = "ended"  # of the object's metadata: of which end of the execution the page tells; a redrive makes another


def publish(s3: Any, snapshot: Snapshot, folder: Path, run: str) -> str:
    """Put what ``folder`` holds of it below ``run`` (an s3:// URI that ends with /); returns the page's URI.

    The page comes last: where it is, the others are.
    """
    place = urlsplit(run)
    prefix = place.path.lstrip("/")
    for file in [folder / "costs.json", *sorted((folder / "logs").glob("*.log"))]:
        s3.put_object(Bucket=place.netloc, Key=f"{prefix}{file.relative_to(folder)}", Body=file.read_bytes())
    s3.put_object(
        Bucket=place.netloc,
        Key=f"{prefix}{PAGE}",
        Body=(folder / PAGE).read_bytes(),
        ContentType="text/html; charset=utf-8",
        Metadata={ENDED: ended(snapshot)},
    )
    return f"{run}{PAGE}"


def ended(snapshot: Snapshot) -> str:
    """When the execution ended, as the page's metadata tells it."""
    return snapshot.execution["stopDate"].astimezone(UTC).isoformat()
