"""`ChangeSetType=IMPORT`: resources that exist become a stack's, as they are.

The rules are CloudFormation's: a change set that imports does nothing else; each resource is named by its identifier,
has a DeletionPolicy in the template, exists, and belongs to no other stack. Nothing about the resource is changed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from taproom.local.cloudformation_types import ResourceRequest

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

Imports = dict[str, dict[str, str]]  # logical id -> identifier, such as {"BucketName": "..."}


@runtime_checkable
class Importable(Protocol):
    """A resource type that can take over what exists."""

    def adopt(self, request: ResourceRequest, identifier: dict[str, str]) -> Any:
        """The resource that the identifier names, untouched; raises ValueError when there is none."""


class RequestedImports:
    """ResourcesToImport of the CreateChangeSet request on this thread: moto does not hand it on to its backend."""

    def __init__(self) -> None:
        self._thread = threading.local()

    def install(self, aws: LocalAws) -> None:
        from moto.cloudformation.responses import CloudFormationResponse

        def create_change_set(response: Any) -> Any:
            with self._of(response._get_param("ResourcesToImport", [])):
                return original(response)

        original = aws.patch(CloudFormationResponse, "create_change_set", create_change_set)

    def now(self) -> list[dict[str, Any]]:
        return getattr(self._thread, "requested", [])

    @contextmanager
    def _of(self, requested: list[dict[str, Any]]) -> Iterator[None]:
        self._thread.requested = requested
        try:
            yield
        finally:
            del self._thread.requested


def checked(requested: list[dict[str, Any]], template: dict[str, Any], stack: Any, stacks: list[Any]) -> Imports:
    """What a change set is to import. Raises ValidationError for what CloudFormation would refuse."""
    resources = template["Resources"]
    if not requested:
        raise _error("ResourcesToImport must be given for a change set of type IMPORT")
    imports: Imports = {}
    for one in requested:
        name, kind = one["LogicalResourceId"], one["ResourceType"]
        declared = resources.get(name)
        if declared is None or declared["Type"] != kind:
            raise _error(f"Resource [{name}] of type {kind} to import is not in the template")
        if "DeletionPolicy" not in declared:
            raise _error(f"Resource [{name}] to import must have a DeletionPolicy attribute")
        imports[name] = dict(one["ResourceIdentifier"])
    made = getattr(stack, "made", {})
    if others := sorted(set(resources) - set(imports) - set(made)):
        raise _error(f"Resources {others} are missing from the ResourcesToImport list")
    if twice := sorted(set(imports) & set(made)):
        raise _error(f"Resources {twice} passed in ResourcesToImport belong to this stack already")
    if set(template.get("Outputs") or {}) - set((stack.template_dict or {}).get("Outputs") or {}):
        raise _error("As part of the import operation, you cannot modify or add [Outputs]")
    owners = {
        one.resource.physical_resource_id: other.name for other in stacks for one in getattr(other, "made", {}).values()
    }
    for name, identifier in imports.items():
        for value in identifier.values():
            if owner := owners.get(value):
                raise _error(f"Resource [{name}] to import, {value}, belongs to stack {owner}")
    return imports


def adopted(handler: Any, request: ResourceRequest, identifier: dict[str, str]) -> Any:
    """The existing resource, from its type. Raises ValueError for a type that cannot be imported."""
    if not isinstance(handler, Importable):
        raise ValueError(f"the local AWS cannot import {request.type}")
    return handler.adopt(request, identifier)


def only(identifier: dict[str, str], key: str) -> str:
    """The value of an identifier of one key."""
    if set(identifier) != {key}:
        raise ValueError(f"the identifier of this type is {key}, got {', '.join(sorted(identifier)) or 'none'}")
    return identifier[key]


def _error(message: str) -> Exception:
    from moto.cloudformation.exceptions import ValidationError

    return ValidationError(message=message)
