"""States name Lambda's own errors as AWS does: Lambda.TooManyRequestsException, and AWSLambdaException for the rest.

moto calls each of them Exception where a state's resource is a function's ARN, so that a Retry for them would never be
tried here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

# An error that Lambda's API does not list for Invoke has the name of their base class.
OTHER_NAMES = {"AccessDeniedException": "AWSLambdaException"}


def install(aws: LocalAws) -> None:
    from botocore.exceptions import ClientError
    from moto.stepfunctions.parser.api import HistoryEventType, LambdaFunctionFailedEventDetails
    from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
        StateTaskServiceLambda,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

    def from_error(self: Any, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, ClientError):
            return original(self, env=env, ex=ex)
        error, cause = lambda_error(ex)
        details = LambdaFunctionFailedEventDetails(error=error, cause=cause)
        return FailureEvent(
            env=env,
            error_name=CustomErrorName(error),
            event_type=HistoryEventType.LambdaFunctionFailed,
            # by moto's types an event has the details of every kind
            event_details=EventDetails(lambdaFunctionFailedEventDetails=details),  # type: ignore[typeddict-item]
        )

    original = aws.patch(StateTaskLambda, "_from_error", from_error)
    # the state that asks through arn:aws:states:::lambda:invoke
    aws.patch(StateTaskServiceLambda, "_error_cause_from_client_error", staticmethod(lambda_error))


def lambda_error(error: Any) -> tuple[str, str]:
    """The error's name and its cause, in Step Functions' words."""
    told, metadata = error.response["Error"], error.response["ResponseMetadata"]
    cause = (
        f"{told['Message']} (Service: AWSLambda; Status Code: {metadata['HTTPStatusCode']}; "
        f"Error Code: {told['Code']}; Request ID: {metadata.get('RequestId', '')}; Proxy: null)"
    )
    return f"Lambda.{OTHER_NAMES.get(told['Code'], told['Code'])}", cause
