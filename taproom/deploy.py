"""Deploying a template, to AWS or to anything that speaks its API: package, change set, wait.

Knows boto3 alone; which AWS it talks to is the caller's client factory.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from taproom.package import as_json, packaged
from taproom.retained import import_template, retained

ClientFactory = Callable[[str], Any]
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds between two looks at what is going on
PAUSE_SHARE = 0.05  # of the time that it has taken so far: quick where things are quick, and easy on AWS
UNFINISHED = "REVIEW_IN_PROGRESS"


class DeployFailed(RuntimeError):
    """A stack was not created or updated; says which resource failed and why."""


def deploy(
    client_factory: ClientFactory,
    template: Path,
    stack_name: str,
    parameters: dict[str, str],
    artifact_bucket: str,
    limit: float = 3600.0,
    import_existing: bool = False,
) -> dict[str, str]:
    """Create or update ``stack_name`` from ``template`` and wait, at most ``limit`` seconds; returns its outputs.

    ``parameters`` not given keep their previous value, or their default on a new stack. With ``import_existing`` a new
    stack takes over the buckets and model package groups that an earlier stack left behind.
    """
    cloudformation = client_factory("cloudformation")
    s3 = client_factory("s3")
    _ensure_bucket(s3, artifact_bucket)

    def upload(key: str, content: bytes) -> str:
        s3.put_object(Bucket=artifact_bucket, Key=key, Body=content)
        return f"s3://{artifact_bucket}/{key}"

    document = packaged(template, upload)
    text = as_json(document).encode()
    key = f"template/{hashlib.sha256(text).hexdigest()[:32]}.template"
    upload(key, text)
    url = f"https://{artifact_bucket}.s3.{cloudformation.meta.region_name}.amazonaws.com/{key}"
    existing = _usable_stack(cloudformation, stack_name, limit)
    declared = document.get("Parameters") or {}
    if existing is None and import_existing and _import(client_factory, document, stack_name, parameters, limit):
        existing = _stack(cloudformation, stack_name)
    kind = "UPDATE" if existing else "CREATE"
    given = _parameters(parameters, declared, existing)
    change_set = _change_set(cloudformation, stack_name, kind, limit, TemplateURL=url, Parameters=given)
    if change_set is not None:
        _execute(cloudformation, stack_name, change_set, limit)
    return {one["OutputKey"]: one["OutputValue"] for one in _stack(cloudformation, stack_name).get("Outputs", [])}


def take_over(
    client_factory: ClientFactory,
    document: dict[str, Any],
    stack_name: str,
    parameters: Mapping[str, str],
    limit: float = 3600.0,
) -> list[str]:
    """Make a new stack of what an earlier one of that name left behind, for a deploy by other means to update.

    Returns the logical names; nothing happens, and there are none, where a stack exists or nothing was left.
    """
    if _usable_stack(client_factory("cloudformation"), stack_name, limit) is not None:
        return []
    return _import(client_factory, document, stack_name, parameters, limit)


def _import(
    client_factory: ClientFactory,
    document: dict[str, Any],
    stack_name: str,
    parameters: Mapping[str, str],
    limit: float,
) -> list[str]:
    found = retained(client_factory, document, stack_name, parameters)
    if not found:
        return []
    cloudformation = client_factory("cloudformation")
    template = {
        "TemplateBody": as_json(import_template(found)),
        "ResourcesToImport": [one.to_import() for one in found],
    }
    change_set = _change_set(cloudformation, stack_name, "IMPORT", limit, **template)
    assert change_set is not None  # a stack that is not there yet is changed by whatever it imports
    _execute(cloudformation, stack_name, change_set, limit)
    return [one.logical_id for one in found]


def _ensure_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
        return
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise DeployFailed(f"the artifact bucket {bucket} cannot be used: {error}") from error
    region = s3.meta.region_name
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **place)


def _usable_stack(cloudformation: Any, name: str, limit: float) -> dict[str, Any] | None:
    """The stack to update; None when one is to be created. What is left of a failed creation is deleted first."""
    stack = _stack(cloudformation, name)
    if not stack or stack["StackStatus"] == UNFINISHED:
        return None
    if stack["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        cloudformation.delete_stack(StackName=name)
        identifier = stack["StackId"]
        deleted = _until(
            lambda: _stack(cloudformation, identifier).get("StackStatus", "DELETE_COMPLETE"), _ended, limit
        )
        if deleted != "DELETE_COMPLETE":
            raise DeployFailed(f"stack {name} failed to be created, and cannot be deleted: {deleted}")
        return None
    return stack


def _stack(cloudformation: Any, name: str) -> dict[str, Any]:
    """DescribeStacks of one stack; empty when there is none."""
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise


def _parameters(
    given: dict[str, str], declared: dict[str, Any], existing: dict[str, Any] | None
) -> list[dict[str, Any]]:
    if unknown := sorted(set(given) - set(declared)):
        known = ", ".join(sorted(declared)) or "none"
        raise DeployFailed(f"the template has no parameter {', '.join(unknown)} (it has: {known})")
    made: list[dict[str, Any]] = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    kept = {one["ParameterKey"] for one in (existing or {}).get("Parameters", [])} & set(declared) - set(given)
    return made + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]


def _change_set(cloudformation: Any, stack: str, kind: str, limit: float, **template: Any) -> str | None:
    """The ARN of a change set that is ready; None when the stack is what the template says already.

    ``template``: CreateChangeSet's arguments about the template and what goes with it.
    """
    try:
        made = cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=f"taproom-{time.time_ns()}",
            ChangeSetType=kind,
            Capabilities=CAPABILITIES,
            **template,
        )
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if "No updates are to be performed" in message:
            return None
        raise DeployFailed(f"the template was refused: {message}") from error
    identifier = made["Id"]
    described: dict[str, Any] = {}

    def status() -> str:
        described.update(cloudformation.describe_change_set(ChangeSetName=identifier, StackName=stack))
        return described["Status"]

    if _until(status, _ended, limit) == "CREATE_COMPLETE":
        return identifier
    reason = described.get("StatusReason", "")
    cloudformation.delete_change_set(ChangeSetName=identifier, StackName=stack)
    if "didn't contain changes" in reason or "No updates are to be performed" in reason:
        return None
    raise DeployFailed(f"the change set of stack {stack} failed: {reason}")


def _execute(cloudformation: Any, stack: str, change_set: str, limit: float) -> None:
    last_event = _newest_event(cloudformation, stack)
    cloudformation.execute_change_set(ChangeSetName=change_set)
    _wait(cloudformation, stack, last_event, limit)


def _wait(cloudformation: Any, name: str, last_event: str, limit: float) -> None:
    status = _until(lambda: _stack(cloudformation, name).get("StackStatus", "DELETED"), _ended, limit)
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        return
    failures = []
    for event in takewhile(lambda one: one["EventId"] != last_event, _events(cloudformation, name)):
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
            failures.append(f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}")
    first = failures[-1] if failures else "no resource says why"
    raise DeployFailed(f"stack {name} is {status}: {first}")


def _newest_event(cloudformation: Any, name: str) -> str:
    return next((event["EventId"] for event in _events(cloudformation, name)), "")


def _events(cloudformation: Any, name: str) -> Iterator[dict[str, Any]]:
    """The stack's events, the newest first; a page is asked for when it is needed."""
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=name):
        yield from page["StackEvents"]


def _ended(status: str) -> bool:
    return not status.endswith(("_IN_PROGRESS", "_PENDING"))


def _until(look: Callable[[], str], ended: Callable[[str], bool], limit: float) -> str:
    begin = time.monotonic()
    while not ended(status := look()):
        passed = time.monotonic() - begin
        if passed > limit:
            raise DeployFailed(f"still {status} after {limit:.0f} s")
        time.sleep(min(max(passed * PAUSE_SHARE, SHORTEST_PAUSE), LONGEST_PAUSE))
    return status
