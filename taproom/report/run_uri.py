"""Where in the data bucket an execution's run lies, also of an execution that did not come so far as to say it.

functions/prepare.py names the folder; a test holds the two together.
"""

from __future__ import annotations

import hashlib
import re

from taproom.follow import Snapshot
from taproom.registry.documents import at
from taproom.report.lineage import prepared_of

HASH_LENGTH = 12  # hexadecimal digits
NAME_LIMIT = 40


def run_uri(bucket: str, execution_arn: str) -> str:
    """``s3://bucket/runs/<folder>/``: the execution's name as far as it is plain, and a hash of its ARN."""
    name = re.sub(r"[^a-zA-Z0-9]+", "-", execution_arn.rpartition(":")[2]).strip("-")[:NAME_LIMIT].strip("-")
    digest = hashlib.sha256(execution_arn.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_LENGTH]
    return f"s3://{bucket}/runs/{f'{name}-' if name else ''}{digest}/"


def run_uri_of(snapshot: Snapshot, bucket: str) -> str:
    """What Prepare said; else what it would have said."""
    told = at(prepared_of(snapshot), "RunPrefix")
    return told if isinstance(told, str) and told else run_uri(bucket, snapshot.execution["executionArn"])


def run_of(uri: str) -> str:
    """The run's folder, as an s3:// URI, in which an object or a prefix lies; "" where it lies in none."""
    found = re.match(r"s3://[^/]+/runs/[^/]+/", uri)
    return found[0] if found else ""
