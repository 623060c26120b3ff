"""Objects of S3, as the functions read them."""

from __future__ import annotations

from aws import client
from botocore.exceptions import ClientError
from rules.json_document import SIZE_LIMIT
from rules.s3_uri import S3Uri

MISSING = ("NoSuchKey", "NoSuchBucket", "404")


def read_object(place: S3Uri, limit: int = SIZE_LIMIT) -> bytes | None:
    """The object's bytes, at most one more than ``limit``, which shows a larger one; None if there is no object."""
    try:
        found = client("s3").get_object(Bucket=place.bucket, Key=place.key)
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return None
        raise
    with found["Body"] as body:
        return body.read(limit + 1)


def object_exists(place: S3Uri) -> bool:
    """Whether there is such an object."""
    try:
        client("s3").head_object(Bucket=place.bucket, Key=place.key)
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return False
        raise
    return True
