"""Whether the job scripts are in the bucket."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from taproom.doctor.finding import DEPLOY, FAIL, OK, Finding
from taproom.doctor.site import Site
from taproom.executions import GONE
from taproom.faults import error_code


def check(site: Site) -> Iterator[Finding]:
    uri = site.environment("Prepare").get("CODE_SUBMIT_URI", "")
    place = urlsplit(uri)
    what_now = "publish them: deploy again after any change in training/, or delete the stack (data is kept) and deploy"
    try:
        if not uri:
            raise LookupError
        site.client("s3").head_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
        yield Finding("code", OK, f"the job scripts are at {uri}")
    except LookupError:
        yield Finding("code", FAIL, "Prepare names no job scripts", DEPLOY)
    except ClientError as error:
        if error_code(error) not in GONE:
            raise
        yield Finding("code", FAIL, f"the job scripts {uri} are gone", what_now)
