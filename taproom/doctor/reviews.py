"""Whether there is anything to learn from."""

from __future__ import annotations

from collections.abc import Iterator

from taproom.doctor.finding import OK, WARN, Finding
from taproom.doctor.site import Site


def check(site: Site) -> Iterator[Finding]:
    bucket = site.outputs["DataBucketName"]
    place = f"s3://{bucket}/reviews/"
    listed = site.client("s3").list_objects_v2(Bucket=bucket, Prefix="reviews/", MaxKeys=100)
    if any(one["Size"] for one in listed.get("Contents", ())):
        yield Finding("reviews", OK, f"there are files in {place}")
    else:
        what_now = f"aws s3 cp reviews.csv.gz {place}: that starts a run, where uploads do"
        yield Finding("reviews", WARN, f"{place} is empty: there is nothing to train on", what_now)
