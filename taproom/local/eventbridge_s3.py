"""S3's EventBridge events (Amazon S3 user guide, "EventBridge event message structure")."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

_sequence = itertools.count(1)

REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "s3:ObjectRemoved:Delete": "DeleteObject",
}


def s3_event(bucket: Any, event_name: str, key: Any, account_id: str) -> dict[str, Any] | None:
    """The event of one change of a moto key; None for what S3 would send nothing about."""
    name = getattr(event_name, "value", event_name)
    reason = REASONS.get(name)
    if reason is None or (name == "s3:ObjectCreated:Put" and key.multipart is not None):
        return None  # moto puts the object of a finished multipart upload, and says so
    created = name.startswith("s3:ObjectCreated")
    described: dict[str, Any] = {"key": key.name}
    if created:
        described |= {"size": key.size, "etag": key.etag.strip('"')}
    if bucket.is_versioned:
        described["version-id"] = key.version_id
    described["sequencer"] = f"{next(_sequence):018X}"
    return {
        "detail-type": "Object Created" if created else "Object Deleted",
        "source": "aws.s3",
        "resources": [bucket.arn],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": described,
            "request-id": secrets.token_hex(8).upper(),
            "requester": account_id,
            "source-ip-address": "127.0.0.1",
            "reason": reason,
            **({} if created else {"deletion-type": "Permanently Deleted"}),
        },
    }
