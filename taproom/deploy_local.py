"""`make deploy-local`: the way to AWS, walked on this machine with the tools that one walks it with.

The unmodified SAM CLI builds, checks and deploys the template into the local AWS; the AWS CLI uploads reviews, which
start an execution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from taproom.account import Account
from taproom.manage.schedule import LOGICAL_ID
from taproom.sam_cli import ToolFailed, Tools
from taproom.upload import reviews_prefix, started_by

STACK = "taproom"


@dataclass(frozen=True)
class Deployed:
    """A deployed stack's outputs."""

    machine: str
    bucket: str


def parameters_of(account_id: str) -> dict[str, str]:
    """Of `taproom run`'s kind: one bucket for all local stacks, no schedule, no waiting for a second upload."""
    return {
        "BucketName": f"{STACK}-data-{account_id}",
        "ScheduleState": "DISABLED",  # a rate also fires when it is created, and would run on what all runs left here
        "UploadDebounceSeconds": "0",
        "UploadRuleState": "ENABLED",
    }


def deploy(tools: Tools, account: Account, parameters: Mapping[str, str], say: Callable[[str], None]) -> Deployed:
    """Build, check and deploy; a new stack takes over what an earlier one left. Raises ToolFailed, DeployFailed."""
    from taproom.deploy import take_over
    from taproom.package import load_template

    say("sam build")
    tools.sam("build")
    say("sam validate --lint")
    tools.sam("validate", "--lint")
    template = load_template(tools.folder / "template.yaml")
    if taken := take_over(account.client, template, STACK, parameters):
        say(f"Taken over from an earlier stack: {', '.join(taken)}")
    say("sam deploy")
    overrides = [override(name, value) for name, value in parameters.items()]
    tools.sam(
        *("deploy", "--stack-name", STACK, "--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        *("--parameter-overrides", *overrides),
    )
    stack = account.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    return Deployed(outputs["StateMachineArn"], outputs["DataBucketName"])


def override(name: str, value: str) -> str:
    """A parameter as `sam deploy --parameter-overrides` reads it: without quotes it ends at the first blank."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'


def upload(tools: Tools, account: Account, deployed: Deployed, reviews: Path, say: Callable[[str], None]) -> str:
    """Upload reviews with the AWS CLI; the ARN of the execution that this started. Raises ToolFailed, NotStarted."""
    stepfunctions = account.client("stepfunctions")
    pages = stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=deployed.machine)
    before = {one["executionArn"] for page in pages for one in page["executions"]}
    key = f"{reviews_prefix(reviews)}{reviews.name}"
    say(f"aws s3 cp {reviews} s3://{deployed.bucket}/{key}")
    tools.aws("s3", "cp", "--only-show-errors", str(reviews), f"s3://{deployed.bucket}/{key}")
    return started_by(stepfunctions, deployed.machine, key, known=before)


def questions(execution: str, schedule: str) -> list[str]:
    """Commands that tell of what was done."""
    return [
        f"aws stepfunctions describe-execution --execution-arn {execution}",
        f"aws stepfunctions get-execution-history --execution-arn {execution}",
        f"aws sagemaker list-model-packages --model-package-group-name {STACK}-retrieval",
        f"aws scheduler get-schedule --name {schedule}",
    ]


def schedule_of(tools: Tools) -> str:
    """The stack's schedule by its name."""
    resources = tools.aws("cloudformation", "list-stack-resources", "--stack-name", STACK)["StackResourceSummaries"]
    for one in resources:
        if one["LogicalResourceId"] == LOGICAL_ID:
            return one["PhysicalResourceId"]
    raise ToolFailed(f"the stack {STACK} has no schedule")
