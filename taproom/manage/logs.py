"""What the jobs and functions of a step said, from CloudWatch Logs: the same groups on AWS and here."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from taproom.cached import cached_steps
from taproom.ending import quiet_end
from taproom.executions import ExecutionError
from taproom.faults import error_code
from taproom.follow import UNDER_WAY, Snapshot, follow
from taproom.manage.start import at_aws
from taproom.manage.steps import FunctionStep, JobStep, events_of, jobs_of, request_ids_of, step_of

EVERY, EVERY_HERE = 1.0, 0.1  # seconds between two looks, at AWS and elsewhere
QUIET = 3  # looks without a new line after which a step that is over has said all: lines arrive late
IDS = 20  # request ids in one filter pattern, which has at most 1024 characters
BOUNDS = ("START RequestId:", "END RequestId:", "REPORT RequestId:", "INIT_START ")
PLATFORM = "platform."  # what Lambda itself says in the JSON format of logs
PASSED_ON = ("timestamp", "level", "message", "location", "service", "correlation_id", "xray_trace_id", "cold_start")


@dataclass(frozen=True)
class Line:
    """A line of a log. ``source`` is the job's name, or the function's."""

    at: datetime
    source: str
    message: str
    event_id: str

    def document(self) -> dict[str, str]:
        return {"at": self.at.isoformat(), "source": self.source, "message": self.message}


class StepLogs:
    """The logs of one step of one execution. Raises ExecutionError where no such step has logs."""

    def __init__(self, stepfunctions: Any, logs: Any, execution_arn: str, step: str, functions_group: str) -> None:
        described = stepfunctions.describe_state_machine_for_execution(executionArn=execution_arn)
        self._step = step_of(json.loads(described["definition"]), step)
        self._stepfunctions, self._logs, self._arn = stepfunctions, logs, execution_arn
        self._functions_group = functions_group

    def all(self) -> list[Line]:
        """What there is now. Raises ExecutionError where the step did not run."""
        snapshot = self._look()
        self._refuse_what_did_not_run(snapshot)
        return self._lines(snapshot)

    def followed(self) -> Iterator[Line]:
        """Lines as they come, until the step is over; waits for one that has not begun."""
        seen: set[str] = set()
        quiet = 0
        while True:
            snapshot = self._look()
            over = self._is_over(snapshot)
            if over:
                self._refuse_what_did_not_run(snapshot)
            new = [line for line in self._lines(snapshot) if line.event_id not in seen]
            yield from new
            seen |= {line.event_id for line in new}
            quiet = quiet + 1 if over and not new else 0
            if quiet >= QUIET:
                return
            time.sleep(EVERY if at_aws(self._logs) else EVERY_HERE)

    def _look(self) -> Snapshot:
        return next(follow(self._stepfunctions, self._arn))

    def _status(self, snapshot: Snapshot) -> str:
        return next((row.status for row in snapshot.states if row.name == self._step.name), "waiting")

    def _is_over(self, snapshot: Snapshot) -> bool:
        """A step that failed may be tried again for as long as its execution runs."""
        return snapshot.status not in UNDER_WAY or self._status(snapshot) in ("succeeded", "cached")

    def _refuse_what_did_not_run(self, snapshot: Snapshot) -> None:
        name, run = self._step.name, snapshot.execution["name"]
        if self._status(snapshot) == "cached":
            origin = next((one.run for one in cached_steps(snapshot.events) if one.step == name), "an earlier run")
            raise ExecutionError(f"{name} of {run} is taken from {origin}: `taproom logs {name} {origin}`")
        if self._status(snapshot) == "waiting":
            raise ExecutionError(f"{name} of {run} has not run: {_why_not(snapshot)}")

    def _lines(self, snapshot: Snapshot) -> list[Line]:
        mine = events_of(snapshot.events, self._step.name)
        if isinstance(self._step, JobStep):
            found = [line for job in jobs_of(mine) for line in self._said_by_job(self._step, job)]
        else:
            found = self._said_by_function(self._step, mine, snapshot)
        return sorted(found, key=lambda line: line.at)

    def _said_by_job(self, step: JobStep, job: str) -> list[Line]:
        group = step.log_group
        with_name = {"logGroupName": group, "logStreamNamePrefix": f"{job}/"}
        streams = [one["logStreamName"] for one in self._pages("describe_log_streams", "logStreams", **with_name)]
        if not streams:
            return []
        said = self._pages("filter_log_events", "events", logGroupName=group, logStreamNames=streams)
        return [_line(one, job) for one in said]

    def _said_by_function(
        self, step: FunctionStep, mine: Iterable[Mapping[str, Any]], snapshot: Snapshot
    ) -> list[Line]:
        """Lines that name the execution, and all others of the same requests, such as the trace of an error."""
        begin = int(snapshot.execution["startDate"].timestamp() * 1000)
        request = {"logGroupName": self._functions_group, "startTime": begin}
        asked = request_ids_of(mine)
        of_others = request_ids_of(snapshot.events) - asked
        said = {}
        for one in self._pages("filter_log_events", "events", filterPattern=f'"{self._arn}"', **request):
            told = _json(one["message"])
            if told.get("function_name") == step.function and _may_be_of(step, told, of_others):
                said[one["eventId"]] = one
                asked.add(str(told.get("function_request_id")))
        ids = sorted(asked)
        for place in range(0, len(ids), IDS):
            some = ids[place : place + IDS]
            pattern = " ".join(f'?"{one}"' for one in some)
            for one in self._pages("filter_log_events", "events", filterPattern=pattern, **request):
                if any(text in one["message"] for text in some) and not _of_the_platform(one):
                    said[one["eventId"]] = one
        return [_line(one, step.function) for one in said.values()]

    def _pages(self, operation: str, key: str, **request: Any) -> list[dict[str, Any]]:
        """Nothing where the group is not there yet: the first line that is said makes it."""
        try:
            return [one for page in self._logs.get_paginator(operation).paginate(**request) for one in page[key]]
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return []
            raise


def _why_not(snapshot: Snapshot) -> str:
    """Why a step has not run: what its execution came to, or where to see how far it is."""
    if snapshot.status in UNDER_WAY:
        return f"`taproom watch {snapshot.execution['name']}` shows how far it is"
    quiet = quiet_end(snapshot.events)
    return quiet.sentence if quiet else f"the execution has ended without it ({snapshot.status})"


def readable(line: Line) -> str:
    """A line for a person: of a function's JSON the time, the level, the message, and what else it tells."""
    document = _json(line.message)
    told = f"{line.at.astimezone(UTC):%H:%M:%S}  "
    if "errorMessage" in document:
        return f"{told}ERROR  {document.get('errorType', 'Error')}: {document['errorMessage']}"
    if "message" not in document or "level" not in document:
        return told + line.message.expandtabs().rstrip()
    more = {key: value for key, value in document.items() if key not in PASSED_ON and "function" not in key}
    parts = [str(document["level"]), _text(document["message"]), *(f"{key}={_text(more[key])}" for key in more)]
    return told + "  ".join(parts)


def _line(event: Mapping[str, Any], source: str) -> Line:
    return Line(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), source, event["message"], event["eventId"])


def _may_be_of(step: FunctionStep, told: Mapping[str, Any], of_others: set[str]) -> bool:
    """Whether a line of the function is this step's: another step may ask the same one, for the other model."""
    model = str(told.get("model") or "").lower()
    return told.get("function_request_id") not in of_others and step.name.lower().endswith(model)


def _of_the_platform(event: Mapping[str, Any]) -> bool:
    return event["message"].startswith(BOUNDS) or str(_json(event["message"]).get("type")).startswith(PLATFORM)


def _json(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
