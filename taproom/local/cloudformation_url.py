"""A template's TemplateURL: an object on S3 by any address that an S3 client may write for it.

The SAM CLI makes it of its client's endpoint, which here is this machine by name or by address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from taproom.local.loopback import names_loopback

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

# s3.eu-west-3.amazonaws.com, s3-eu-west-3.amazonaws.com, s3.amazonaws.com, also behind the bucket's name
S3_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:dualstack\.)?(?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")


def install(aws: LocalAws) -> None:
    from moto.cloudformation.responses import CloudFormationResponse

    def template_at(self: Any, template_url: str) -> str:
        from moto.cloudformation.exceptions import ValidationError

        try:
            location = object_at(template_url)
        except ValueError as error:
            raise ValidationError(message=str(error)) from error
        return text_of(aws, location)

    aws.patch(CloudFormationResponse, "_get_stack_from_s3_url", template_at)


def object_at(url: str) -> dict[str, str]:
    """GetObject's arguments for an object's URL. Raises ValueError for a URL that is none of S3's."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    path = unquote(parts.path).lstrip("/")
    found = S3_HOST.fullmatch(host)
    bucket = found["bucket"] if found else None
    if not found and not names_loopback(host):
        raise ValueError(f"TemplateURL must be a supported URL: {url}")
    if bucket is None:
        bucket, _, path = path.partition("/")
    if not bucket or not path:
        raise ValueError(f"TemplateURL must reference a valid S3 object to which you have access: {url}")
    version = parse_qs(parts.query).get("versionId")
    return {"Bucket": bucket, "Key": path, **({"VersionId": version[0]} if version else {})}


def text_of(aws: LocalAws, location: dict[str, str]) -> str:
    """The object's text; S3's complaint as CloudFormation's."""
    from botocore.exceptions import ClientError
    from moto.cloudformation.exceptions import ValidationError

    try:
        return aws.client("s3").get_object(**location)["Body"].read().decode("utf-8")
    except ClientError as error:
        raise ValidationError(message=f"S3 error: {error.response['Error']['Message']}") from error
