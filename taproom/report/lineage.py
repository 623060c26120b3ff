"""From what a run's models were made, and the commands that make them again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from taproom.follow import Snapshot
from taproom.history import state_outputs
from taproom.registry.documents import at, objects
from taproom.report.documents import object_of

FROM_CACHE = "With the same parameters; what code, settings and inputs have not changed is taken from the cache"
ANEW = "With the same parameters and every job anew, on the account that ran it"


def lineage_of(snapshot: Snapshot, packages: Any) -> list[tuple[str, str]]:
    """Facts with their names, in the order in which one comes from the other."""
    prepared = prepared_of(snapshot)
    facts = {
        "execution": snapshot.execution.get("executionArn") or snapshot.execution["name"],
        "state machine": snapshot.execution.get("stateMachineArn"),
        "started by": _trigger(prepared.get("Trigger")),
        "rerun of": prepared.get("RerunOf"),
        "reviews": at(prepared, "Parameters", "InputData"),
        "data digest": at(prepared, "Reviews", "Digest"),
        "code digest": at(prepared, "Code", "Digest"),
        "image of the jobs": ", ".join(_images(prepared)),
        "folder in S3": prepared.get("RunPrefix"),
    }
    for package in objects(packages):
        metadata = object_of(package.get("CustomerMetadataProperties"))
        made_by = metadata.get("ExecutionArn")
        name = f"{package.get('ModelPackageGroupName')}/{package.get('ModelPackageVersion')}"
        facts |= {
            f"{name}": package.get("ModelPackageArn"),
            f"{name}: parent": metadata.get("ParentVersion"),
            f"{name}: artifact": _artifact(package),
            f"{name}: made by": None if made_by == facts["execution"] else made_by,
        }
    return [(name, str(value)) for name, value in facts.items() if value]


def commands_of(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What repeats the run: by Taproom with its cache, and by AWS' own command from its very input."""
    name, machine = snapshot.execution["name"], snapshot.execution.get("stateMachineArn")
    commands = [(FROM_CACHE, f"taproom rerun {shlex.quote(name)}")]
    parameters = at(prepared_of(snapshot), "Parameters")
    if machine and isinstance(parameters, dict):
        given = json.dumps({**parameters, "Force": True, "CacheConfig": {"Enabled": False}}, ensure_ascii=False)
        machine, given = shlex.quote(machine), shlex.quote(given)
        commands.append((ANEW, f"aws stepfunctions start-execution --state-machine-arn {machine} --input {given}"))
    return commands


def prepared_of(snapshot: Snapshot) -> Mapping[str, Any]:
    """What Prepare answered; empty where it did not come so far."""
    return object_of(at(state_outputs(snapshot.events).get("Prepare"), "Prepare"))


def _trigger(trigger: Any) -> str:
    if at(trigger, "Key"):
        return f"the upload of s3://{at(trigger, 'Bucket')}/{at(trigger, 'Key')}"
    if at(trigger, "Schedule"):
        return f"the schedule {at(trigger, 'Schedule')}"
    if at(trigger, "Coalesced"):
        return f"uploads during {at(trigger, 'Coalesced')}"
    return "a person or a program"


def _artifact(package: Mapping[str, Any]) -> Any:
    containers = objects(at(package, "InferenceSpecification", "Containers"))
    return containers[0].get("ModelDataUrl") if containers else None


def _images(prepared: Mapping[str, Any]) -> Iterable[str]:
    places = (("Preprocess",), ("Retrieval", "Train"), ("Ranking", "Train"), ("Retrieval", "Evaluate"))
    return dict.fromkeys(str(image) for place in places if (image := at(prepared, *place, "Image")))
