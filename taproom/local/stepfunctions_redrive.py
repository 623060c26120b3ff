"""RedriveExecution: an execution that did not succeed goes on from where it failed, and the answers that tell so."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from taproom.local.eventbridge import put_event
from taproom.local.executions import status_change
from taproom.local.redrives import reason_against, redrive_fields, redrives_of

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
    from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
    from moto.stepfunctions.responses import StepFunctionResponse

    def redrive_execution(self: Any) -> Any:
        from moto.core.responses import ActionResult

        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        return ActionResult({"redriveDate": redrive(aws, execution, self._get_param("clientToken"))})

    def describe_execution(self: Any) -> Any:
        answer = original_describe(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        answer.result.update(redrive_fields(execution, aws.clock.now()))
        if execution.stop_date is not None:
            answer.result["stopDate"] = execution.stop_date  # moto leaves it out where the time was up
        return answer

    def list_executions(self: Any) -> Any:
        answer = original_list(self)
        for item in answer.result["executions"]:
            redrives = redrives_of(self.stepfunction_backend.describe_execution(item["executionArn"]))
            item |= {"redriveCount": redrives.count} | ({"redriveDate": redrives.date} if redrives.date else {})
        return answer

    aws.patch(StepFunctionResponse, "redrive_execution", redrive_execution)
    original_describe = aws.patch(StepFunctionResponse, "describe_execution", describe_execution)
    original_list = aws.patch(StepFunctionResponse, "list_executions", list_executions)
    for owner in (CommonStateField, StateChoice):
        _note_followers(aws, owner)


def redrive(aws: LocalAws, execution: Any, token: str | None) -> datetime:
    """Redrive it; returns the date. Raises moto's AWSError, ExecutionNotRedrivable."""
    from moto.core.exceptions import AWSError

    from taproom.local.stepfunctions_continue import continue_execution

    redrives = redrives_of(execution)
    with redrives.changing:
        now = aws.clock.now()
        if (date := redrives.answered(token, now)) is not None:
            return date
        if reason := reason_against(execution, now):
            raise AWSError(reason, exception_type="ExecutionNotRedrivable")
        start = continue_execution(execution, redrives.count + 1, now)
        redrives.began(token, now)
        put_event(aws, status_change(execution, now))
    start()
    return now


def _note_followers(aws: LocalAws, owner: Any) -> None:
    """Have a history know which state followed each one: its events tell that only once the next is entered."""

    def set_next(self: Any, env: Any) -> None:
        original(self, env)
        vars(env.event_manager).setdefault("followers", {})[self.name] = env.next_state_name

    original = aws.patch(owner, "_set_next", set_next)
