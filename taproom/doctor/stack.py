"""Whether the stack is there, and whole."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from taproom.doctor.finding import DEPLOY, FAIL, OK, WARN, Finding
from taproom.doctor.site import Site

WHOLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
NEVER_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")  # no deployment can update these
TAKEN_BACK = ("UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
OUTPUTS = (
    *("StateMachineArn", "DataBucketName", "TrainingCodeDigest"),
    *("RetrievalModelPackageGroupName", "RankingModelPackageGroupName"),
)


def check(site: Site) -> Iterator[Finding]:
    try:
        status = site.described["StackStatus"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        what_now = "deploy it (sam build, sam deploy), or choose another: --stack, --profile, --region"
        yield Finding("stack", FAIL, f"no stack {site.stack} in {site.account.region}", what_now)
        return
    missing = [name for name in OUTPUTS if name not in site.outputs]
    why = f"aws cloudformation describe-stack-events --stack-name {site.stack} says why"
    told = f"{site.stack} is {status}"
    if status.endswith("_IN_PROGRESS") and status not in WHOLE:
        yield Finding("stack", WARN, told, "wait until it has ended, and ask again")
    elif status in NEVER_MADE:
        delete = f"aws cloudformation delete-stack --stack-name {site.stack}"
        yield Finding(
            "stack", FAIL, f"{told}: it failed to be created", f"{why}; delete it ({delete}), and deploy again"
        )
    elif missing:
        yield Finding("stack", FAIL, f"{told}, without the output {', '.join(missing)}", f"{why}; {DEPLOY}")
    elif status in WHOLE:
        yield Finding("stack", OK, told)
    elif status in TAKEN_BACK:
        told = f"{told}: the last deployment failed and was taken back"
        yield Finding("stack", WARN, told, f"{why}; the stack is as it was before")
    else:
        yield Finding("stack", FAIL, told, why)
