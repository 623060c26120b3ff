"""StopExecution: moto forgets the caller's error and cause, which AWS tells in description, history and event.

What the stop cut short may still go wrong by that; the execution is aborted all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taproom.local.executions import RUNNING, has_begun

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.core.responses import ActionResult
    from moto.stepfunctions.parser.asl.eval.environment import Environment
    from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
    from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
    from moto.stepfunctions.responses import StepFunctionResponse

    def stop_execution(self: Any) -> Any:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        now = aws.clock.now()
        if execution.status == RUNNING and has_begun(execution):
            execution.stop(stop_date=now, error=self._get_param("error"), cause=self._get_param("cause"))
        return ActionResult({"stopDate": execution.stop_date or now})

    def set_error(self: Any, error: Any) -> None:
        if not isinstance(self._program_state, ProgramStopped):
            original_set_error(self, error)

    def reflect(self: Any) -> None:
        original_reflect(self)
        state = self.execution.exec_worker.env.program_state()
        if isinstance(state, ProgramStopped):
            self.execution.error, self.execution.cause = state.error, state.cause

    aws.patch(StepFunctionResponse, "stop_execution", stop_execution)
    original_set_error = aws.patch(Environment, "set_error", set_error)
    original_reflect = aws.patch(BaseExecutionWorkerCommunication, "_reflect_execution_status", reflect)
