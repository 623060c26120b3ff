"""Which errors the wildcards of Retry and Catch stand for, where moto's interpreter differs from AWS.

- States.TaskFailed stands for every error but States.Timeout; moto leaves out all States.* errors.
- States.Runtime ends the execution: neither States.ALL nor States.TaskFailed stands for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType

    def named(kind: Any) -> Any:
        return StatesErrorName(typ=kind)

    everything, task_failed = named(StatesErrorNameType.StatesALL), named(StatesErrorNameType.StatesTaskFailed)
    runtime, timeout = named(StatesErrorNameType.StatesRuntime), named(StatesErrorNameType.StatesTimeout)

    def equals(self: Any, env: Any) -> None:
        error = env.stack.pop()
        wildcard = error != runtime and (
            everything in self.error_names or (task_failed in self.error_names and error != timeout)
        )
        env.stack.append(wildcard or error in self.error_names)

    aws.patch(ErrorEqualsDecl, "_eval_body", equals)
