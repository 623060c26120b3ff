"""Uploads that came while another run had the lease, and were claimed by this one: triggers.json tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rules.canonical_json import canonical_json
from rules.common_folder import common_folder
from rules.execution_input import Request
from rules.s3_uri import S3Uri

SCHEMA_VERSION = 1
LIMIT = 2**26  # bytes of triggers.json
UPLOAD = "upload#"  # how the names of their pending rows begin
Upload = dict[str, Any]  # Bucket, Key, ETag, Execution (which would have been started for it), At


def read_upload(row: Mapping[str, Any]) -> Upload:
    """What a pending upload's row tells of it."""
    trigger = row["Trigger"]
    told = {"Bucket": trigger["Bucket"], "Key": trigger["Key"], "ETag": trigger.get("ETag")}
    return told | {"Execution": row["Execution"], "At": row["At"]}


def united(earlier: Iterable[Upload], pending: Iterable[Upload]) -> list[Upload]:
    """Each once, oldest first: what an earlier try claimed and what waits now."""
    found = {canonical_json(one): one for one in (*earlier, *pending)}
    return sorted(found.values(), key=lambda one: (one["At"], one["Key"]))


def triggers_document(uploads: list[Upload]) -> dict[str, Any]:
    """triggers.json."""
    return {"schema_version": SCHEMA_VERSION, "triggers": uploads}


def widened(request: Request, uploads: Iterable[Upload]) -> Request:
    """The request with all uploads' reviews in it, if uploads are what started it: their deepest common folder."""
    keys = [one["Key"] for one in uploads]
    if request.trigger is not None and request.uploaded:
        keys.append(request.trigger["Key"])
    if not keys or not (request.uploaded or request.coalesced):
        return request
    reviews = S3Uri(request.reviews.bucket, common_folder(keys))
    return replace(
        request, reviews=reviews, parameters=request.parameters.model_copy(update={"input_data": str(reviews)})
    )


def of_request(request: Request, upload: Upload) -> bool:
    """Whether a run of the request reads the upload: any, where uploads started it."""
    if request.uploaded or request.coalesced:
        return True
    place = request.reviews
    return upload["Key"].startswith(place.key) if place.key.endswith("/") else upload["Key"] == place.key
