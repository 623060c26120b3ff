"""Step Functions' optimized SageMaker integration: ``createTrainingJob.sync`` and ``createProcessingJob.sync``.

The job is created through the API, then waited for. Completed gives the job's Describe answer; a failed job is
States.TaskFailed with the Describe answer as its cause; a refused request is an error named SageMaker.<Exception>. When
the execution is stopped, or the state's time is up, the job is stopped.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from taproom.local.jobs.kinds import KINDS, Kind
from taproom.local.jobs.request import structure_errors

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

TERMINAL = ("Completed", "Failed", "Stopped")
log = logging.getLogger(__name__)
LOOK_EVERY = 0.1  # seconds between two looks at a running job
# SageMaker's own exceptions; whatever else it answers (throttling, validation) has the name of their base class.
NAMED_ERRORS = {
    "ResourceInUse": "SageMaker.ResourceInUseException",
    "ResourceLimitExceeded": "SageMaker.ResourceLimitExceededException",
    "ResourceNotFound": "SageMaker.ResourceNotFoundException",
}
OTHER_ERROR = "SageMaker.AmazonSageMakerException"
# botocore's words for a field that is not in a request's model, and for one that is missing
UNKNOWN = re.compile(r'Unknown parameter in (?P<where>\S+): "(?P<name>[^"]*)"')
MISSING = re.compile(r'Missing required parameter in (?P<where>\S+): "(?P<name>[^"]*)"')


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_callback,
        state_task_service_factory,
    )

    def service_for(service_name: str) -> Any:
        return _service_class()() if service_name == "sagemaker" else original(service_name)

    original = aws.patch(state_task_service_factory, "state_task_service_for", service_for)
    aws.patch(state_task_factory, "state_task_service_for", service_for)
    aws.patch(state_task_service_callback, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", LOOK_EVERY)


@cache
def _service_class() -> type:
    """The integration; a class of moto's interpreter, which is only imported once a local AWS starts."""
    from botocore.exceptions import ClientError
    from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
    from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
        FailureEvent,
        FailureEventException,
    )
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
        StateTaskServiceCallback,
    )
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
    from moto.stepfunctions.parser.asl.utils import boto_client  # whose maker of clients is replaced at every start

    class StateTaskServiceSageMaker(StateTaskServiceCallback):
        def __init__(self) -> None:
            # The interpreter's own clean-up after a wait needs a callback endpoint, hence WaitForTaskToken beside Sync.
            conditions: set[Any] = {ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}
            super().__init__(conditions)

        def _kind_if_any(self) -> Kind | None:
            actions = {f"create{kind.word}job".lower(): kind for kind in KINDS}
            return actions.get(self.resource.api_action.lower())

        def _kind(self) -> Kind:
            kind = self._kind_if_any()
            assert kind is not None  # else the definition was refused: nothing is supported, as told below
            return kind

        def _get_supported_parameters(self) -> set[str] | None:
            # Whatever is named here moto keeps, and silently drops the rest: with nothing named it keeps all, and the
            # check below refuses what SageMaker does not know.
            return set() if self._kind_if_any() else None

        def _eval_service_task(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
        ) -> None:
            if errors := structure_errors(self._kind(), normalised_parameters):
                raise RuntimeError(
                    f"The Parameters '{json.dumps(normalised_parameters)}' could not be used to start the Task: "
                    f"[{'; '.join(map(_as_step_functions_says, errors))}]"
                )
            client = boto_client.boto_client_for(resource_runtime_part.region, "sagemaker", state_credentials)
            answer = getattr(client, f"create_{self._kind().snake}_job")(**normalised_parameters)
            answer.pop("ResponseMetadata", None)
            env.stack.append(answer)

        def _build_sync_resolver(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
        ) -> Any:
            kind = self._kind()
            name = normalised_parameters[kind.name_key]
            client = boto_client.boto_client_for(resource_runtime_part.region, "sagemaker", state_credentials)
            env.stack.pop()

            def look() -> dict[str, Any] | None:
                try:
                    job = getattr(client, f"describe_{kind.snake}_job")(**{kind.name_key: name})
                except ClientError as error:
                    if passes(error):  # the job goes on; Step Functions itself looks again
                        return None
                    raise
                job.pop("ResponseMetadata", None)
                document = _as_step_functions(job)
                status = document[kind.status_key]
                if status == "Failed":
                    raise FailureEventException(self._task_failed(env, document))
                return document if status in TERMINAL else None

            def stop_job() -> None:
                try:
                    getattr(client, f"stop_{kind.snake}_job")(**{kind.name_key: name})
                except ClientError as error:  # a role that may not stop it leaves it running, as on AWS
                    log.warning("the job %s was not stopped: %s", name, error)

            # not in self: executions of one definition share this very object
            look.stop_job = stop_job  # type: ignore[attr-defined]  # a function of our own
            return look

        def _eval_sync(self, env: Any, sync_resolver: Any, *args: Any, **kwargs: Any) -> Any:
            outcome = super()._eval_sync(env, sync_resolver, *args, **kwargs)
            if not isinstance(outcome, dict):  # stopped, or out of time: .sync takes the job with it
                sync_resolver.stop_job()
            return outcome

        def _task_failed(self, env: Any, document: dict[str, Any]) -> Any:
            name = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
            return self._failure(env, name, StatesErrorNameType.StatesTaskFailed.to_name(), json.dumps(document))

        def _from_error(self, env: Any, ex: Exception) -> Any:
            if not isinstance(ex, ClientError):
                return super()._from_error(env=env, ex=ex)
            error, metadata = ex.response["Error"], ex.response["ResponseMetadata"]
            name = NAMED_ERRORS.get(error["Code"], OTHER_ERROR)
            cause = (
                f"{error['Message']} (Service: AmazonSageMaker; Status Code: {metadata['HTTPStatusCode']}; "
                f"Error Code: {error['Code']}; Request ID: {metadata.get('RequestId', '')}; Proxy: null)"
            )
            return self._failure(env, CustomErrorName(name), name, cause)

        def _failure(self, env: Any, error_name: Any, error: str, cause: str) -> Any:
            details = TaskFailedEventDetails(
                error=error,
                cause=cause,
                resource=self._get_sfn_resource(),
                resourceType=self._get_sfn_resource_type(),
            )
            return FailureEvent(
                env=env,
                error_name=error_name,
                event_type=HistoryEventType.TaskFailed,
                # by moto's types an event has the details of every kind
                event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]
            )

    return StateTaskServiceSageMaker


def passes(error: Any) -> bool:
    """Whether a call is answered if it is made again."""
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= 500 or "Throttl" in code or code == "TooManyRequestsException"


def _as_step_functions_says(error: str) -> str:
    """An error in the structure of a request, in Step Functions' words where they are known."""
    for found, verdict in (
        (UNKNOWN.match(error), "is not supported by Step Functions"),
        (MISSING.match(error), "is required but was missing"),
    ):
        if found:
            path = found["name"] if found["where"] == "input" else f"{found['where']}.{found['name']}"
            return f'The field "{path}" {verdict}'
    return error


def _as_step_functions(value: Any) -> Any:
    """A Describe answer as Step Functions hands it on: times are milliseconds since the epoch."""
    if isinstance(value, dict):
        return {key: _as_step_functions(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_as_step_functions(element) for element in value]
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value
