"""Whether the data bucket is there, and tells EventBridge of uploads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from taproom.doctor.finding import FAIL, OK, Finding
from taproom.doctor.site import Site
from taproom.executions import GONE
from taproom.faults import error_code

WANTED: dict[str, Any] = {"EventBridgeConfiguration": {}}


def check(site: Site) -> Iterator[Finding]:
    bucket, s3 = site.outputs["DataBucketName"], site.client("s3")
    try:
        s3.head_bucket(Bucket=bucket)
        told = s3.get_bucket_notification_configuration(Bucket=bucket)
    except ClientError as error:
        if error_code(error) not in GONE:
            raise
        what_now = f"make it again (aws s3 mb s3://{bucket}), and deploy the stack; or deploy another with a new name"
        yield Finding("bucket", FAIL, f"the data bucket {bucket} is not there", what_now)
        return
    if "EventBridgeConfiguration" in told:
        yield Finding("bucket", OK, f"{bucket} is there, and tells EventBridge of uploads")
        return
    told.pop("ResponseMetadata", None)
    command = f"aws s3api put-bucket-notification-configuration --bucket {bucket} --notification-configuration"
    yield Finding(
        "bucket",
        FAIL,
        f"{bucket} does not tell EventBridge of uploads: none starts a run",
        f"{command} '{json.dumps({**told, **WANTED})}'",
    )
