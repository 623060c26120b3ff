"""template.yaml itself, deployed on a local AWS: what one test breaks, it mends."""

from __future__ import annotations

from pathlib import Path

import pytest

from taproom.account import Account
from taproom.deploy import deploy
from taproom.doctor.site import Site

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def outputs(local_aws):
    parameters = {"ScheduleState": "DISABLED", "NotificationState": "DISABLED", "BucketName": "doctor-data"}
    parameters["DefaultInput"] = "{}"
    return deploy(local_aws.client, PROJECT / "template.yaml", "taproom", parameters, artifact_bucket="artifacts")


@pytest.fixture
def site(local_aws, outputs):
    account = Account(local_aws.client, is_local=True, region=local_aws.region, endpoint_url=local_aws.endpoint_url)
    return Site(account, "taproom", at_aws=False)


@pytest.fixture
def found(site):
    """The findings of a check, as (status, seen, what now)."""

    def look(check):
        return [(one.status, one.seen, one.what_now) for one in check(site)]

    return look
