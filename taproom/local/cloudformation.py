"""CloudFormation as it behaves on AWS: templates are expanded and checked on arrival and applied in the background.

A thread makes, updates and deletes the resources, and says in the stack's events what it did and why something failed;
a request answers soon, whether that has ended or not. What the thread does is in ``cloudformation_stack``.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from taproom.local import (
    cloudformation_custom,
    cloudformation_describe,
    cloudformation_import,
    cloudformation_parameters,
    cloudformation_sam,
    cloudformation_url,
)
from taproom.local.cloudformation_import import Imports, RequestedImports
from taproom.local.cloudformation_order import in_order
from taproom.local.cloudformation_stack import Deployment
from taproom.local.cloudformation_types import Catalogue

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

SOON = 1.0  # seconds; the SAM CLI looks again after 15 or 30 where it finds that something goes on
NOTHING_CHANGED = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass(frozen=True)
class Plan:
    """A template, read, expanded and checked, with the values of its parameters."""

    text: str
    template: dict[str, Any]
    parameters: dict[str, Any]
    imports: Imports = field(default_factory=dict)  # what a change set of type IMPORT takes into the stack


def install(aws: LocalAws) -> None:
    from moto.cloudformation.models import ChangeSet, CloudFormationBackend

    def read_json(self: Any) -> None:
        self.template_dict = json.loads(self.template)  # create_change_set below writes it

    aws.patch(ChangeSet, "_parse_template", read_json)
    stacks = Stacks(aws)
    aws.patch(CloudFormationBackend, "create_stack", stacks.create_stack())
    aws.patch(CloudFormationBackend, "update_stack", stacks.update_stack())
    aws.patch(CloudFormationBackend, "create_change_set", stacks.create_change_set())
    aws.patch(CloudFormationBackend, "execute_change_set", stacks.execute_change_set())
    aws.patch(CloudFormationBackend, "delete_stack", stacks.delete_stack())
    stacks.requested_imports.install(aws)
    _refuse_updates_of_what_was_never_made(aws)
    cloudformation_custom.install(aws)
    cloudformation_url.install(aws)
    cloudformation_describe.install(aws)
    aws.on_stop(stacks.wait)


class Stacks:
    """The methods that take the place of moto's; each of them gets moto's backend as ``backend``."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._catalogue = Catalogue(aws)
        self._threads: list[threading.Thread] = []
        self._plans: dict[str, Plan] = {}  # by change set id
        self.requested_imports = RequestedImports()

    def plan(self, text: str, given: dict[str, Any]) -> Plan:
        """Read a template as CloudFormation does before it touches anything; raises ValidationError."""
        from moto.cloudformation.exceptions import ValidationError

        template = parsed(text)
        if not isinstance(template, dict) or not template.get("Resources"):
            raise ValidationError(message="Template format error: At least one Resources member must be defined.")
        parameters = cloudformation_parameters.resolve(template, given)
        expanded = cloudformation_sam.expand(template, parameters)
        kinds = {resource["Type"] for resource in expanded["Resources"].values()}
        if unknown := sorted(kind for kind in kinds if self._catalogue.get(kind) is None):
            raise ValidationError(
                message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}] "
                "(the local AWS would not create them, so it does not deploy the template)"
            )
        in_order(expanded)
        return Plan(text, expanded, parameters)

    def start(self, stack: Any, plan: Plan, kind: str) -> None:
        """Apply a plan in the background; ``kind`` is CREATE, UPDATE or IMPORT."""
        if not stack.template:  # a new stack has one from the beginning, whatever becomes of it
            stack.template, stack.parameters = plan.text, plan.parameters
        stack.status = f"{kind}_IN_PROGRESS"
        stack._add_stack_event(stack.status, resource_status_reason="User Initiated")
        self._run(self._apply, stack, plan, kind)

    def wait(self) -> None:
        """Let what is being applied come to its end: half-made resources would outlive their backends."""
        for thread in self._threads:
            thread.join(timeout=30)

    def _run(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, name="cloudformation", daemon=True)
        self._threads.append(thread)
        thread.start()
        thread.join(timeout=SOON)

    def _apply(self, stack: Any, plan: Plan, kind: str) -> None:
        deployment = Deployment(self._aws, self._catalogue, stack)
        if deployment.apply(plan.text, plan.template, plan.parameters, kind, plan.imports):
            self._aws.notify({"type": "stack-deployed", "stack": stack.name})

    def create_stack(self) -> Any:
        def create_stack(backend: Any, name: str, template: str, parameters: dict[str, Any], **options: Any) -> Any:
            from moto.cloudformation.exceptions import AlreadyExistsException

            if any(stack.name == name for stack in backend.stacks.values()):
                raise AlreadyExistsException(f"Stack [{name}] already exists")
            plan = self.plan(template, parameters)
            stack = new_stack(backend, name, options)
            self.start(stack, plan, "CREATE")
            return stack

        return create_stack

    def update_stack(self) -> Any:
        def update_stack(
            backend: Any, name: str, template: str, role_arn: str | None, parameters: Any, tags: Any
        ) -> Any:
            stack = backend.get_stack(name)
            refuse_unless_ready(stack)
            given = backend._resolve_update_parameters(instance=stack, incoming_params=parameters)
            self.start(stack, self.plan(template or stack.template, given), "UPDATE")
            return stack

        return update_stack

    def create_change_set(self) -> Any:
        def create_change_set(
            backend: Any,
            stack_name: str,
            change_set_name: str,
            template: str,
            parameters: dict[str, Any],
            description: str,
            change_set_type: str,
            **options: Any,
        ) -> tuple[str, str]:
            from moto.cloudformation.exceptions import AlreadyExistsException
            from moto.cloudformation.models import ChangeSet
            from moto.cloudformation.utils import generate_changeset_id, validate_create_change_set

            validate_create_change_set(change_set_name)
            plan = self.plan(template, parameters)
            stack = next((one for one in backend.stacks.values() if one.name == stack_name), None)
            is_new = stack is None or stack.status == "REVIEW_IN_PROGRESS"
            if change_set_type == "UPDATE" or (change_set_type == "IMPORT" and not is_new):
                stack = backend.get_stack(stack_name)
                refuse_unless_ready(stack)
            elif not is_new:
                raise AlreadyExistsException(f"Stack [{stack_name}] already exists and cannot be created again")
            else:
                stack = stack or new_stack(backend, stack_name, options)
                stack.status = "REVIEW_IN_PROGRESS"
                stack._add_stack_event(stack.status, resource_status_reason="User Initiated")
            if change_set_type == "IMPORT":
                requested, others = self.requested_imports.now(), list(backend.stacks.values())
                imports = cloudformation_import.checked(requested, plan.template, stack, others)
                plan = replace(plan, imports=imports)
            identifier = generate_changeset_id(change_set_name, backend.region_name, backend.account_id)
            change_set = ChangeSet(
                change_set_type=change_set_type,
                change_set_id=identifier,
                change_set_name=change_set_name,
                stack=stack,
                template=as_text(plan.template),
                parameters=plan.parameters,
                description=description,
                **options,
            )
            for change in change_set.changes:
                change.action = "Import" if change.logical_resource_id in plan.imports else change.action
            changed = change_set.changes or stack.parameters != plan.parameters
            change_set.status = "CREATE_COMPLETE" if changed else "FAILED"
            change_set.execution_status = "AVAILABLE" if changed else "UNAVAILABLE"
            change_set.status_reason = None if changed else NOTHING_CHANGED
            backend.change_sets[identifier] = change_set
            self._plans[identifier] = plan
            return identifier, stack.stack_id

        return create_change_set

    def execute_change_set(self) -> Any:
        def execute_change_set(backend: Any, change_set_name: str, stack_name: str | None = None) -> None:
            from moto.cloudformation.exceptions import ValidationError

            change_set = next(
                (
                    one
                    for one in backend.change_sets.values()
                    if one.change_set_id == change_set_name
                    or (one.change_set_name == change_set_name and stack_name in (one.stack_name, one.stack_id))
                ),
                None,
            )
            if change_set is None:
                raise ValidationError(message=f"ChangeSet [{change_set_name}] does not exist")
            if change_set.execution_status != "AVAILABLE":
                raise ValidationError(
                    message=f"ChangeSet [{change_set_name}] cannot be executed in its current execution status of "
                    f"[{change_set.execution_status}]"
                )
            if change_set.stack.status != "REVIEW_IN_PROGRESS":
                refuse_unless_ready(change_set.stack)
            change_set.execution_status = "EXECUTE_COMPLETE"
            for other in list(backend.change_sets.values()):  # they were made for a stack that is another one now
                if other.stack_id == change_set.stack_id and other is not change_set:
                    del backend.change_sets[other.change_set_id]
            plan = self._plans[change_set.change_set_id]
            self.start(change_set.stack, plan, change_set.change_set_type)

        return execute_change_set

    def delete_stack(self) -> Any:
        def delete_stack(backend: Any, name_or_stack_id: str) -> None:
            for stack in list(backend.stacks.values()):
                if name_or_stack_id in (stack.name, stack.stack_id):
                    stack.status = "DELETE_IN_PROGRESS"
                    stack._add_stack_event(stack.status, resource_status_reason="User Initiated")
                    self._run(self._delete, backend, stack)

        return delete_stack

    def _delete(self, backend: Any, stack: Any) -> None:
        if Deployment(self._aws, self._catalogue, stack).delete():
            backend.stacks.pop(stack.stack_id, None)
            backend.deleted_stacks[stack.stack_id] = stack
            for export in stack.exports:
                backend.exports.pop(export.name, None)


def _refuse_updates_of_what_was_never_made(aws: LocalAws) -> None:
    """Before moto looks for previous values of parameters: such a stack has none there."""
    from moto.cloudformation.responses import CloudFormationResponse

    def create_change_set(response: Any) -> Any:
        if response._get_param("ChangeSetType") == "UPDATE":
            refuse_unless_ready(response.cloudformation_backend.get_stack(response._get_param("StackName")))
        return original(response)

    original = aws.patch(CloudFormationResponse, "create_change_set", create_change_set)


def refuse_unless_ready(stack: Any) -> None:
    """Raise ValidationError for a stack that is being worked on, or that was never made."""
    from moto.cloudformation.exceptions import ValidationError

    if stack.status.endswith("_IN_PROGRESS") or stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")


def new_stack(backend: Any, name: str, options: dict[str, Any]) -> Any:
    """An empty stack of moto's, known to its backend."""
    from moto.cloudformation.models import Stack
    from moto.cloudformation.utils import generate_stack_id

    stack_id = generate_stack_id(name, backend.region_name, backend.account_id)
    stack = Stack(  # type: ignore[abstract]  # by its types alone: moto makes it so too
        stack_id=stack_id,
        name=name,
        template={},
        parameters={},
        account_id=backend.account_id,
        region_name=backend.region_name,
        cross_stack_resources=backend.exports,
        **options,
    )
    backend.stacks[stack_id] = stack
    return stack


def parsed(text: str) -> Any:
    """A template's document. JSON is read as JSON: as YAML it would be too, but a hundred times more slowly."""
    from moto.cloudformation.exceptions import ValidationError
    from moto.cloudformation.models import Stack
    from yaml import YAMLError

    try:
        return json.loads(text)
    except ValueError:
        try:
            return Stack.parse_template(text)
        except (YAMLError, ValueError) as error:
            raise ValidationError(message=f"Template format error: {error}") from error


def as_text(template: dict[str, Any]) -> str:
    """A template as JSON; dates that YAML read (policy versions) become texts again."""
    return json.dumps(template, default=str)
