"""Whether an upload starts a run."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from taproom.doctor.finding import FAIL, OK, WARN, Finding, changed_beside
from taproom.doctor.site import Site
from taproom.faults import error_code


def check(site: Site) -> Iterator[Finding]:
    rule, events = site.physical_id("UploadRule"), site.client("events")
    try:
        state = events.describe_rule(Name=rule)["State"]
        targets = events.list_targets_by_rule(Rule=rule)["Targets"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        yield Finding("uploads", FAIL, f"the rule {rule or 'UploadRule'} is not there", changed_beside(site.stack))
        return
    if site.outputs["StateMachineArn"] not in [one["Arn"] for one in targets]:
        told = f"the rule {rule} does not start the state machine"
        yield Finding("uploads", FAIL, told, changed_beside(site.stack))
    elif state != "ENABLED":
        what_now = f"aws events enable-rule --name {rule}, and deploy with UploadRuleState=ENABLED to keep it so"
        yield Finding("uploads", WARN, "the upload rule is off: no upload starts a run", what_now)
    else:
        yield Finding("uploads", OK, f"an upload to s3://{site.outputs['DataBucketName']}/reviews/ starts a run")
