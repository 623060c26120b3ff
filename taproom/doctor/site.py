"""The stack that is looked at, and what several checks ask of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from taproom.account import Account
from taproom.manage.resources import Resource, resources_of

# as functions/rules/execution_input.py has them; a test holds both together
DEFAULTS = {
    "ProcessingInstanceType": "ml.m5.xlarge",
    "ProcessingInstanceCount": 1,
    "TrainingInstanceType": "ml.m5.2xlarge",
    "UseSpot": False,
}


@dataclass(frozen=True)
class Site:
    """A stack in an account. ``given`` are parameters of the run to come, on top of the stack's DefaultInput.

    ``at_aws`` is whether AWS itself answers. Properties raise what boto3 raises.
    """

    account: Account
    stack: str
    at_aws: bool
    given: Mapping[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.account.client(service)

    @cached_property
    def described(self) -> dict[str, Any]:
        return self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]

    @cached_property
    def outputs(self) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self.described.get("Outputs", ())}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        return resources_of(self.client("cloudformation"), self.stack)

    def physical_id(self, logical_id: str) -> str:
        """The name of a resource; "" where the stack has none of that logical id."""
        return self.resources[logical_id].physical_id if logical_id in self.resources else ""

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What a run would be given that matters here: defaults, the stack's DefaultInput, and ``given``."""
        told = {one["ParameterKey"]: one.get("ParameterValue") for one in self.described.get("Parameters", ())}
        try:
            default_input = json.loads(told.get("DefaultInput") or "{}")
        except ValueError:
            default_input = {}
        return {**DEFAULTS, **(default_input if isinstance(default_input, dict) else {}), **self.given}

    def environment(self, function: str) -> dict[str, str]:
        """The environment variables of a function, by its logical id."""
        described = self.client("lambda").get_function_configuration(FunctionName=self.physical_id(function))
        return described.get("Environment", {}).get("Variables", {})
