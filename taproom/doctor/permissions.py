"""Whether the roles may do what a run asks of them: IAM simulates it, boundaries and organisations included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from taproom.doctor.finding import FAIL, NOT_CHECKED, OK, Finding, changed_beside
from taproom.doctor.site import Site


@dataclass(frozen=True)
class Need:
    """What a role (by its logical id) must be allowed; ``context`` are condition keys with their values."""

    role: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, str], ...] = ()


def check(site: Site) -> Iterator[Finding]:
    if not site.at_aws:
        yield Finding("permissions", NOT_CHECKED, f"{site.account.endpoint_url} is not AWS: it simulates no policies")
        return
    iam, refused, allowed = site.client("iam"), False, 0
    for need in needs(site):
        role = iam.get_role(RoleName=site.physical_id(need.role))["Role"]["Arn"]
        for result in simulated(iam, role, need):
            if result["EvalDecision"] == "allowed":
                allowed += 1
                continue
            refused = True
            what = f"{need.role} may not {result['EvalActionName']} on {result.get('EvalResourceName', '*')}"
            yield Finding("permissions", FAIL, what, advice(result, site.stack))
    if not refused:
        yield Finding("permissions", OK, f"{allowed} actions of roles are allowed, as IAM simulates them")


def needs(site: Site) -> list[Need]:
    machine, bucket = site.outputs["StateMachineArn"], site.outputs["DataBucketName"]
    _, partition, _, region, account, *_ = machine.split(":")
    jobs = f"arn:{partition}:sagemaker:{region}:{account}"
    data = f"arn:{partition}:s3:::{bucket}"
    job_role = f"arn:{partition}:iam::{account}:role/{site.physical_id('JobRole')}"
    functions = tuple(
        f"arn:{partition}:lambda:{region}:{account}:function:{site.physical_id(name)}" for name in ("Prepare", "Gate")
    )
    starters = [name for name in site.resources if name == "UploadRuleRole" or name.endswith("ScheduleRole")]
    return [
        Need("RetrainingStateMachineRole", ("lambda:InvokeFunction",), functions),
        Need("RetrainingStateMachineRole", ("sagemaker:CreateTrainingJob",), (f"{jobs}:training-job/x",)),
        Need("RetrainingStateMachineRole", ("sagemaker:CreateProcessingJob",), (f"{jobs}:processing-job/x",)),
        Need(
            "RetrainingStateMachineRole",
            ("iam:PassRole",),
            (job_role,),
            (("iam:PassedToService", "sagemaker.amazonaws.com"),),
        ),
        Need("JobRole", ("s3:GetObject",), (f"{data}/reviews/x", f"{data}/code/x", f"{data}/runs/x")),
        Need("JobRole", ("s3:PutObject",), (f"{data}/runs/x", f"{data}/checkpoints/x")),
        Need("JobRole", ("s3:ListBucket",), (data,)),
        *(Need(name, ("states:StartExecution",), (machine,)) for name in starters),
    ]


def simulated(iam: Any, role: str, need: Need) -> list[dict[str, Any]]:
    context = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"} for key, value in need.context
    ]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=list(need.actions),
        ResourceArns=list(need.resources),
        **({"ContextEntries": context} if context else {}),
    )
    return answer["EvaluationResults"]


def advice(result: dict[str, Any], stack: str) -> str:
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return "a policy of your AWS organisation forbids it: ask who keeps that"
    if result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False:
        return "the role's permissions boundary forbids it: widen that"
    if result["EvalDecision"] == "explicitDeny":
        return "a policy of the role denies it: take that back"
    return changed_beside(stack)
