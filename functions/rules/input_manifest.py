"""A SageMaker ManifestFile: ``[{"prefix": "s3://bucket/folder/"}, "name", ...]``."""

from __future__ import annotations

from rules.json_document import DocumentMissing, DocumentUnreadable, parse_json
from rules.s3_uri import S3Uri, parse_s3_uri

SIZE_LIMIT = 2**26  # bytes; it names every file


def named_in(body: bytes | None, uri: str) -> list[S3Uri]:
    """The objects that the manifest at ``uri`` names. Raises DocumentMissing and DocumentUnreadable."""
    if body is None:
        raise DocumentMissing(f"{uri} is missing")
    document = parse_json(body, uri, limit=SIZE_LIMIT)
    if not isinstance(document, list) or not document or not isinstance(document[0], dict):
        raise DocumentUnreadable(f"{uri} must be a list that begins with an object")
    prefix, names = document[0].get("prefix"), document[1:]
    if not isinstance(prefix, str) or not all(isinstance(name, str) for name in names):
        raise DocumentUnreadable(f"{uri} must hold a prefix and names, all of them texts")
    place = parse_s3_uri(prefix)
    return [S3Uri(place.bucket, place.key + name) for name in names]
