"""A state machine acts in its role: the calls of its tasks, the rules that .sync listens to, its logs and traces.

As on AWS, a machine whose role may not make the managed rules or deliver the logs is refused when it is made or
changed; one whose role may not trace goes without traces.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.authorizer import AccessDenied
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.implied import STATES, TRACES, of_machine, of_traces

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

INTERPRETER = "moto.stepfunctions.parser"


def caller_of(aws: LocalAws, role_arn: str) -> Caller:
    """Step Functions in a role."""
    return Caller(role_arn, "states", STATES, aws.authorizer.site.arn("states", "stateMachine:*"))


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.backend.execution import Execution
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    _call_as_the_role(aws)

    def create(self: Any, name: str, definition: str, roleArn: str, *args: Any, **kwargs: Any) -> Any:
        _check(aws, definition, roleArn, kwargs.get("loggingConfiguration"))
        return original_create(self, name, definition, roleArn, *args, **kwargs)

    def update(self: Any, arn: str, *args: Any, **kwargs: Any) -> Any:
        machine = self.describe_state_machine(arn)
        definition = kwargs.get("definition") or machine.definition
        role = kwargs.get("role_arn") or machine.roleArn
        _check(aws, definition, role, kwargs.get("logging_configuration") or machine.loggingConfiguration)
        return original_update(self, arn, *args, **kwargs)

    def begin(self: Any) -> None:
        if (self.state_machine.tracingConfiguration or {}).get("enabled"):
            for request in of_traces(TRACES):
                aws.authorizer.decide(caller_of(aws, self.role_arn), request)
        original_begin(self)

    original_create = aws.patch(StepFunctionsParserBackend, "create_state_machine", create)
    original_update = aws.patch(StepFunctionsParserBackend, "update_state_machine", update)
    original_begin = aws.patch(Execution, "start", begin)


def _check(aws: LocalAws, definition: str, role_arn: str, logging: Any) -> None:
    from moto.core.exceptions import JsonRESTError

    logs = (logging or {}).get("level", "OFF") != "OFF"
    try:
        aws.authorizer.require(caller_of(aws, role_arn), of_machine(definition, logs, aws.authorizer.site))
    except AccessDenied as error:
        cannot = (
            f"'{role_arn}' is not authorized to create managed-rule."
            if error.request.action.startswith("events:")
            else "The state machine IAM Role is not authorized to access the Log Destination."
        )
        raise JsonRESTError("AccessDeniedException", f"{cannot} {error}") from error


def _call_as_the_role(aws: LocalAws) -> None:
    """Replace the maker of clients in every module of moto's interpreter that has it by name."""
    from botocore.config import Config
    from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSeconds
    from moto.stepfunctions.parser.asl.utils import boto_client

    original = boto_client.boto_client_for

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        if state_credentials is None:
            return original(region, service)
        given = aws.authorizer.callers.credentials(caller_of(aws, state_credentials.role_arn))
        return boto_client.boto3.client(
            service_name=service,
            region_name=region,
            endpoint_url=f"http://localhost:{aws.port}",
            config=Config(
                parameter_validation=False,
                retries={"max_attempts": 0, "total_max_attempts": 1},
                connect_timeout=TimeoutSeconds.DEFAULT_TIMEOUT_SECONDS,
                read_timeout=TimeoutSeconds.DEFAULT_TIMEOUT_SECONDS,
            ),
            **given.arguments(),
        )

    for name, module in list(sys.modules.items()):
        if name.startswith(INTERPRETER) and getattr(module, "boto_client_for", None) is original:
            aws.patch(module, "boto_client_for", boto_client_for)
