"""Who is asking."""

from __future__ import annotations

from collections.abc import Iterator

from taproom.doctor.finding import OK, Finding
from taproom.doctor.site import Site


def check(site: Site) -> Iterator[Finding]:
    caller = site.client("sts").get_caller_identity()
    where = site.account.region if site.at_aws else f"{site.account.region}, at {site.account.endpoint_url}"
    yield Finding("credentials", OK, f"account {caller['Account']} in {where}, as {caller['Arn']}")
