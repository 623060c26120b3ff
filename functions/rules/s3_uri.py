"""s3:// URIs, taken apart."""

from __future__ import annotations

from typing import NamedTuple

from rules.wording import shown


class NotAnS3Uri(ValueError):
    """A URI that names no place in S3."""


class S3Uri(NamedTuple):
    """``s3://bucket/key``; the key may be empty or a prefix, and is taken literally (nothing is decoded)."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def parse_s3_uri(text: str) -> S3Uri:
    """The parts of ``text``. Raises NotAnS3Uri."""
    scheme, separator, rest = text.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not separator or not bucket:
        raise NotAnS3Uri(f"received {shown(text, 200)}; allowed is s3://bucket/prefix/")
    return S3Uri(bucket, key)
