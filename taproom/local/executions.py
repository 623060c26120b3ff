"""How an execution begins and ends: a name of its own, events for its status changes, and an end with the local AWS."""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from taproom.local.redrives import redrive_fields, redrives_of

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

RUNNING = "RUNNING"


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

    from taproom.local.eventbridge import put_event

    def start_execution(
        self: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: Any = None,
        trace_header: Any = None,
    ) -> Any:
        # AWS names an execution that was started without a name; moto calls each of them "None"
        name = name or str(uuid.uuid4())
        self._validate_name(name)
        return original_start(self, state_machine_arn, name, execution_input, trace_header)

    def begin(self: Any) -> None:
        put_event(
            aws, status_change(self, aws.clock.now())
        )  # before: a short execution is over when its thread was just started
        original_begin(self)

    def terminated(self: Any) -> None:
        redrives = redrives_of(self.execution)
        with redrives.changing:  # no redrive comes between the end and its event
            redrives.ended = now = aws.clock.now()
            original_terminated(self)
            put_event(aws, status_change(self.execution, now))

    original_start = aws.patch(StepFunctionsParserBackend, "start_execution", start_execution)

    def status(self: Any) -> str:
        # moto lists an execution a moment before it has a status
        return RUNNING if self.exec_status is None else self.exec_status.value

    aws.patch(Execution, "status", property(status))
    original_begin = aws.patch(Execution, "start", begin)
    original_terminated = aws.patch(BaseExecutionWorkerCommunication, "terminated", terminated)

    def stop_all() -> None:
        from moto.core.utils import utcnow

        for machine in stepfunctions_parser_backends[aws.account_id][aws.region].state_machines:
            for execution in machine.executions:
                if execution.status == RUNNING and has_begun(execution):
                    execution.stop(stop_date=utcnow(), error=None, cause="the local AWS was stopped")

    aws.on_stop(stop_all)


def has_begun(execution: Any, within: float = 10.0) -> bool:
    """Wait until a started execution can be stopped: its thread first reads the definition, which takes a while."""
    deadline = time.monotonic() + within
    while execution.exec_worker.env is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return execution.exec_worker.env is not None


def status_change(execution: Any, now: datetime) -> dict[str, Any]:
    """The 'Step Functions Execution Status Change' event of an execution as it is ``now`` (the local clock's)."""
    redrives = redrive_fields(execution, now)
    output = getattr(execution, "output", None)
    return {
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "resources": [execution.exec_arn],
        "detail": {
            "executionArn": execution.exec_arn,
            "stateMachineArn": execution.state_machine.arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": milliseconds(execution.start_date),
            "stopDate": milliseconds(execution.stop_date),
            "input": execution.execution_input,
            "output": None if output is None else json.dumps(output, separators=(",", ":")),
            "inputDetails": {"included": True},
            "outputDetails": None if output is None else {"included": True},
            "error": execution.error,
            "cause": execution.cause,
            **redrives,
            "redriveDate": milliseconds(redrives["redriveDate"]),
        },
    }


def milliseconds(moment: datetime | None) -> int | None:
    """Milliseconds since the epoch, as these events carry times."""
    return None if moment is None else int(moment.timestamp() * 1000)
