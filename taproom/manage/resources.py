"""The resources of a stack, by their logical ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resource:
    kind: str  # such as AWS::Scheduler::Schedule
    physical_id: str


def resources_of(cloudformation: Any, stack: str) -> dict[str, Resource]:
    """Every resource that the stack has made, by its logical id."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        one["LogicalResourceId"]: Resource(one["ResourceType"], one["PhysicalResourceId"])
        for page in pages
        for one in page["StackResourceSummaries"]
        if one.get("PhysicalResourceId")
    }
