"""The log of a state machine: what happens in its executions, in the log group that it names, down to its level.

Without execution data, what states, tasks and the execution were given and gave is left out, as on AWS. Errors and
causes stay: nothing says that AWS leaves them out, and a log that tells too much shows what a cause must not hold.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from taproom.local.log_groups import write

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

DATA = ("input", "inputDetails", "output", "outputDetails", "parameters")


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.backend.execution import Execution

    def begin(self: Any) -> None:
        self._cloud_watch_logging_session = log_of(aws, self)
        original_begin(self)

    original_begin = aws.patch(Execution, "start", begin)


def log_of(aws: LocalAws, execution: Any) -> StateLog | None:
    """None where the execution's state machine has no log."""
    from moto.stepfunctions.parser.asl.eval.event.logging import CloudWatchLoggingConfiguration

    given = {"includeExecutionData": False} | (execution.state_machine.loggingConfiguration or {})
    machine = execution.state_machine.arn
    configuration = CloudWatchLoggingConfiguration.from_logging_configuration(machine, cast(Any, given))
    return None if configuration is None else StateLog(aws, execution, configuration)


class StateLog:
    """What moto's history hands each event of an execution to. ``redrives`` is set when one begins."""

    def __init__(self, aws: LocalAws, execution: Any, configuration: Any) -> None:
        self.execution_arn = execution.exec_arn
        self.configuration = configuration
        self.redrives = 0
        self._aws = aws
        self._machine = execution.state_machine.name
        self._file = aws.root / "logs" / "states" / f"{self._machine}.log"

    def log_level_filter(self, history_event_type: str) -> bool:
        from moto.stepfunctions.parser.asl.eval.event.logging import is_logging_enabled_for

        return bool(is_logging_enabled_for(self.configuration.log_level, cast(Any, history_event_type)))

    def publish_history_log(self, history_log: dict[str, Any]) -> None:
        from moto.logs.models import logs_backends

        group, at = self.configuration.log_group_name, datetime.fromisoformat(history_log["event_timestamp"])
        if group not in logs_backends[self._aws.account_id][self._aws.region].groups:
            return  # it was deleted: nobody makes it anew
        line = message(history_log, self.configuration.include_execution_data, self.redrives)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # Half of a pair of surrogates is escaped as JSON does it: what a file cannot hold must end no execution.
        with self._file.open("ab", buffering=0) as log:  # in one piece: other executions write at the same time
            log.write(f"{line}\n".encode(errors="backslashreplace"))
        write(self._aws, group, f"states/{self._machine}/{at:%Y-%m-%d-%H}/00000000", [line])


def message(event: dict[str, Any], with_data: bool, redrives: int) -> str:
    """The line of an event."""
    details = event.get("details") or {}
    told = {
        "details": {name: value for name, value in details.items() if with_data or name not in DATA},
        "redrive_count": str(redrives),
        "id": event["id"],
        "type": event["type"],
        "previous_event_id": event["previous_event_id"],
        "event_timestamp": str(round(datetime.fromisoformat(event["event_timestamp"]).timestamp() * 1000)),
        "execution_arn": event["execution_arn"],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str)
