"""Applying a template to a stack: resources in the order of their needs, with events, and a rollback when one fails."""

from __future__ import annotations

import copy
import json
import logging
from typing import TYPE_CHECKING, Any

from taproom.local.cloudformation_import import Imports, adopted
from taproom.local.cloudformation_order import in_order, unresolved, without_no_value
from taproom.local.cloudformation_types import Catalogue, ResourceFailed, ResourceRequest

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

log = logging.getLogger(__name__)


class Deployment:
    """One create, update or delete of one stack.

    What a stack consists of is kept on moto's Stack: its resource map holds the resources by logical id, and
    ``stack.made`` what each of them was made from, so that a resource is updated when, and only when, what it
    resolves to has changed.
    """

    def __init__(self, aws: LocalAws, catalogue: Catalogue, stack: Any) -> None:
        self._aws = aws
        self._catalogue = catalogue
        self._stack = stack
        self._imports: Imports = {}
        if not hasattr(stack, "made"):
            stack.made = {}

    def apply(
        self,
        text: str,
        template: dict[str, Any],
        parameters: dict[str, Any],
        kind: str,
        imports: Imports | None = None,
    ) -> bool:
        """Make the stack be what ``template`` says; False when it failed and was rolled back.

        The resources in ``imports`` exist already: they are taken into the stack as they are.
        """
        stack = self._stack
        self._imports = imports or {}
        before = (stack.template, stack.template_dict, stack.parameters)
        try:
            self._change_to_or_fail(template, parameters, kind)
        except ResourceFailed as failure:
            self._roll_back(failure, before, kind)
            return False
        stack.template, stack.parameters = text, parameters
        stack.description = template.get("Description")
        self._finish(f"{kind}_COMPLETE")
        return True

    def delete(self) -> bool:
        """Delete every resource of the stack, last made first; False when one could not be."""
        try:
            self._delete_all(list(self._stack.made))
        except ResourceFailed as failure:
            self._finish("DELETE_FAILED", str(failure))
            return False
        self._finish("DELETE_COMPLETE")
        return True

    def _change_to_or_fail(self, template: dict[str, Any], parameters: dict[str, Any], kind: str) -> None:
        """What fails outside a resource (a condition, an output) fails the stack too."""
        try:
            self._change_to(template, parameters, kind)
        except ResourceFailed:
            raise
        except Exception as error:
            log.debug("stack %s failed", self._stack.name, exc_info=True)
            failure = ResourceFailed(self._stack.name, "AWS::CloudFormation::Stack", reason_of(error))
            self._event(self._stack.name, "AWS::CloudFormation::Stack", f"{kind}_FAILED", failure.reason)
            raise failure from error

    def _change_to(self, template: dict[str, Any], parameters: dict[str, Any], kind: str) -> None:
        stack, made = self._stack, self._stack.made
        target = self._resource_map(template, parameters)
        for name in in_order(template):
            resource = template["Resources"][name]
            condition = resource.get("Condition")
            if condition and not target.lazy_condition_map[condition]:
                target._parsed_resources.setdefault(name, None)
                continue
            self._make(target, name, resource)
        stack.template_dict, stack.resource_map = template, target
        wanted = {name for name in template["Resources"] if target._parsed_resources.get(name) is not None}
        if gone := [name for name in made if name not in wanted]:
            stack.status = f"{kind}_COMPLETE_CLEANUP_IN_PROGRESS"
            self._delete_all(gone, taken_back=kind == "UPDATE_ROLLBACK")
        self._set_outputs()

    def _resource_map(self, template: dict[str, Any], parameters: dict[str, Any]) -> Any:
        from moto.cloudformation.parsing import ResourceMap

        stack = self._stack
        target = ResourceMap(
            stack.stack_id,
            stack.name,
            parameters,
            stack.tags,
            region_name=self._aws.region,
            account_id=self._aws.account_id,
            template=template,
            cross_stack_resources=stack.cross_stack_resources,
        )
        target.load_mapping()
        target.load_parameters()
        target.load_conditions()
        return target

    def _make(self, target: Any, name: str, declared: dict[str, Any]) -> None:
        """Create or update one resource, or leave it when nothing about it changed."""
        made = self._stack.made
        kind = declared["Type"]
        handler = self._catalogue[kind]
        verb = "CREATE"
        try:
            properties = self._resolve(target, declared)
            old = made.get(name)
            if old is not None:
                if old.type != kind:
                    raise ValueError(f"Update of resource type is not permitted: it is {old.type}, not {kind}")
                if old.properties == properties:
                    target._parsed_resources[name] = old.resource
                    old.declared = declared
                    return
                verb = "UPDATE"
            elif name in self._imports:
                verb = "IMPORT"
            request = ResourceRequest(
                logical_id=name,
                type=kind,
                properties=copy.deepcopy(properties),
                stack=self._stack,
                declared=declared,
                old_properties=old.properties if verb == "UPDATE" else {},
            )
            self._event(name, kind, f"{verb}_IN_PROGRESS")
            if verb == "UPDATE":
                resource = handler.update(old.resource, request)
            elif verb == "IMPORT":
                resource = adopted(handler, request, self._imports[name])
            else:
                resource = handler.create(request)
        except Exception as error:
            log.debug("%s %s failed", verb, name, exc_info=True)
            failure = ResourceFailed(name, kind, reason_of(error))
            self._event(name, kind, f"{verb}_FAILED", failure.reason)
            raise failure from error
        resource.cf_resource_type, resource.logical_resource_id = kind, name
        target._parsed_resources[name] = resource
        made[name] = Made(kind, properties, resource, declared)
        self._event(name, kind, f"{verb}_COMPLETE", physical_id=resource.physical_resource_id)

    def _resolve(self, target: Any, declared: dict[str, Any]) -> dict[str, Any]:
        from moto.cloudformation.parsing import clean_json

        # dates that YAML made of policy versions become texts again
        plain = json.loads(json.dumps(declared.get("Properties") or {}, default=str))
        properties = without_no_value(clean_json(normal_get_att(plain), target))
        if unknown := next(unresolved(properties), None):
            raise ValueError(f"{unknown} could not be resolved")
        return properties

    def _roll_back(self, failure: ResourceFailed, before: tuple[Any, ...], kind: str) -> None:
        stack = self._stack
        reason = f"The following resource(s) failed to {kind.lower()}: [{failure.logical_id}]."
        prefix = {"CREATE": "ROLLBACK"}.get(kind, f"{kind}_ROLLBACK")
        stack.status = f"{prefix}_IN_PROGRESS"
        stack._add_stack_event(stack.status, resource_status_reason=f"{reason} {failure}")
        try:
            if kind == "CREATE":
                self._delete_all(list(stack.made), taken_back=True)
            elif kind == "IMPORT":
                for name in self._imports:  # they stay what they were: nobody's
                    stack.made.pop(name, None)
            else:
                text, template, parameters = before
                self._change_to_or_fail(template, parameters, "UPDATE_ROLLBACK")
                stack.template, stack.parameters = text, parameters
        except ResourceFailed as second:
            self._finish(f"{prefix}_FAILED", str(second))
            return
        self._finish(f"{prefix}_COMPLETE", str(failure))

    def _delete_all(self, names: list[str], taken_back: bool = False) -> None:
        """``taken_back``: they were made by the very operation that failed."""
        made = self._stack.made
        kept = ("Retain",) if taken_back else ("Retain", "RetainExceptOnCreate")
        for name in reversed(names):
            one = made.pop(name)
            if one.declared.get("DeletionPolicy") in kept:
                self._event(name, one.type, "DELETE_SKIPPED")
                continue
            self._event(name, one.type, "DELETE_IN_PROGRESS")
            request = ResourceRequest(name, one.type, one.properties, self._stack, one.declared, {})
            try:
                self._catalogue[one.type].delete(one.resource, request)
            except Exception as error:
                self._event(name, one.type, "DELETE_FAILED", reason_of(error))
                raise ResourceFailed(name, one.type, reason_of(error)) from error
            self._event(name, one.type, "DELETE_COMPLETE")

    def _set_outputs(self) -> None:
        from moto.cloudformation.parsing import OutputMap

        stack = self._stack
        stack.output_map = OutputMap(stack.resource_map, normal_get_att(stack.template_dict), stack.stack_id)
        for name, output in (stack.template_dict.get("Outputs") or {}).items():
            condition = output.get("Condition")
            if (not condition or stack.resource_map.lazy_condition_map[condition]) and not stack.output_map[name]:
                raise ValueError(f"output {name} could not be resolved")
        for export in stack.exports:
            stack.cross_stack_resources[export.name] = export

    def _finish(self, status: str, reason: str | None = None) -> None:
        self._stack.status_reason = self._stack.stack_status_reason = reason
        self._stack.status = status  # before the event: who has seen that asks for the status next
        self._stack._add_stack_event(status, resource_status_reason=reason)

    def _event(
        self, name: str, kind: str, status: str, reason: str | None = None, physical_id: str | None = None
    ) -> None:
        from moto.cloudformation.models import Event

        self._stack.events.append(
            Event(
                stack_id=self._stack.stack_id,
                stack_name=self._stack.name,
                logical_resource_id=name,
                physical_resource_id=physical_id or "",
                resource_type=kind,
                resource_status=status,
                resource_status_reason=reason,
                resource_properties=None,
            )
        )


class Made:
    """A resource of a stack and what it was made from."""

    def __init__(self, kind: str, properties: dict[str, Any], resource: Any, declared: dict[str, Any]) -> None:
        self.type = kind
        self.properties = properties
        self.resource = resource
        self.declared = declared


def reason_of(error: Exception) -> str:
    """What an error says, for a stack's events."""
    message = getattr(error, "message", None) or str(error)
    return f"{type(error).__name__}: {message}" if not isinstance(error, ResourceFailed) else str(error)


def normal_get_att(node: Any) -> Any:
    """The same with every ``"Fn::GetAtt": "A.B"`` as ``["A", "B"]``."""
    if isinstance(node, list):
        return [normal_get_att(item) for item in node]
    if isinstance(node, dict):
        return {
            key: value.split(".", 1) if key == "Fn::GetAtt" and isinstance(value, str) else normal_get_att(value)
            for key, value in node.items()
        }
    return node
