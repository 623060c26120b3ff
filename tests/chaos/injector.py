"""Makes faults happen, at the API and at the processes of a local AWS. The product is deployed as it is.

Requests are looked at before moto answers them; functions' and jobs' processes and events' deliveries at the local
AWS's own seams. What is armed counts from then on; nothing goes wrong that is not armed.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

from taproom.local.aws import LocalAws
from tests.chaos.calls import Call, read_call, state_of_function, state_of_job
from tests.chaos.faults import ApiError, Delivery, Fault, JobActs, JobFails, Killed, Stopped, TimedOut, Truncated, Twice

LONGEST_HOLD = 60.0  # seconds
FUNCTION_TIME = 1.0  # seconds that a function has which is to time out
JOB_TIME = 1.5  # seconds that a job has which is to run past its limit
HANGS, WAITS = "hangs", "waits"  # past its limit; until somebody stops it


@dataclass
class Armed:
    """A fault of a state, and how many of the things that it could go wrong at there were."""

    state: str
    fault: Fault
    seen: int = 0
    happened: int = 0


class Injector:
    """The faults of one local AWS. ``silent``: keys of uploads that no event tells of."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.silent: set[str] = set()
        self.machine = ""
        self._holds: dict[str, tuple[threading.Event, threading.Event]] = {}  # by state: reached, released
        self._deaf: set[str] = set()  # rules whose events are lost
        self._armed: list[Armed] = []
        self._held: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._tags = count(1)
        self._processes: dict[str, Any] = {}  # by tag
        self._states: dict[str, str] = {}  # what each process was asked for last
        self._hanging: set[str] = set()  # tags of processes that get no answer
        self._stops: set[str] = set()  # jobs at whose first word the execution is stopped
        self._install()

    def arm(self, state: str, fault: Fault) -> None:
        """Have a fault happen from now on, and no other."""
        with self._lock:
            self._armed = [Armed(state, fault)]

    def add(self, state: str, fault: Fault) -> None:
        """Have another fault happen as well."""
        with self._lock:
            self._armed.append(Armed(state, fault))

    def disarm(self) -> Armed | None:
        """Nothing goes wrong any more; returns the fault that was armed first, with how often it happened."""
        with self._lock:
            armed, self._armed = self._armed, []
        return armed[0] if armed else None

    @contextmanager
    def held(self, state: str) -> Iterator[threading.Event]:
        """Meanwhile ``state``'s next job or function does not begin; the event is set once it is to begin."""
        reached, released = self._holds[state] = (threading.Event(), threading.Event())
        try:
            yield reached
        finally:
            del self._holds[state]
            released.set()

    @contextmanager
    def deaf(self, rule: str) -> Iterator[None]:
        """Meanwhile no event of the rule arrives."""
        self._deaf.add(rule)
        try:
            yield
        finally:
            self._deaf.discard(rule)

    def _pause(self, state: str) -> None:
        reached, released = self._holds.get(state, (None, None))
        if reached is not None and released is not None and not reached.is_set():
            reached.set()
            released.wait(LONGEST_HOLD)

    def release(self) -> None:
        """Have late events arrive."""
        with self._lock:
            held, self._held = self._held, []
        for deliver in held:
            deliver()

    def due(self, kind: type, state: str, matches: Callable[[Any], bool] = lambda fault: True) -> Any:
        """The fault of this kind that happens to ``state`` now, if any; it counts as one more chance for it."""
        with self._lock:
            found = None
            for armed in self._armed:
                fault = armed.fault
                if isinstance(fault, kind) and armed.state == state and matches(fault):
                    if fault.at <= armed.seen < fault.at + fault.times and found is None:
                        found = fault
                        armed.happened += 1
                    armed.seen += 1
            return found

    def _install(self) -> None:
        self._at_requests()
        self._at_functions()
        self._at_jobs()
        self._at_events()

    # ---- requests

    def _at_requests(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication

        def answer(app: Any, environ: dict[str, Any], start_response: Any) -> Any:
            call = read_call(environ, lambda tag: self._states.get(tag, ""))
            if call is None:
                return original(app, environ, start_response)
            self._hang(call)
            if killed := self.due(Killed, call.state, lambda one: one.call == call.name and bool(call.function)):
                return self._kill(killed, call, lambda: original(app, environ, start_response), start_response)
            error = self.due(ApiError, call.state, lambda one: one.call == call.name and one.key in call.path)
            if error is None:
                answered = original(app, environ, start_response)
                self._truncate(call)
                return answered
            if error.lost:
                list(original(app, environ, lambda *_, **__: None))
            return respond(error, call, start_response)

        original = self.aws.patch(DomainDispatcherApplication, "__call__", answer)

    def _hang(self, call: Call) -> None:
        deadline = time.monotonic() + 20 * FUNCTION_TIME
        while call.function and call.function in self._hanging and time.monotonic() < deadline:
            time.sleep(0.02)

    def _kill(self, killed: Killed, call: Call, go_on: Callable[[], Any], start_response: Any) -> Any:
        answered = list(go_on()) if killed.after else None
        os.kill(self._processes[call.function].pid, signal.SIGKILL)
        return answered or respond(ApiError("", "InternalError", 500), call, start_response)

    def _truncate(self, call: Call) -> None:
        """Cut an object that a job has just put; jobs' requests name no process, so their key tells the state."""
        if call.name != "s3.PutObject" or call.function:
            return
        if not self.due(Truncated, "", lambda one: call.path.endswith(one.key) and one.by in call.path):
            return
        bucket, _, key = call.path.lstrip("/").partition("/")

        def cut() -> None:
            s3 = self.aws.client("s3")
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            s3.put_object(Bucket=bucket, Key=key, Body=body[: len(body) // 2])

        cut()

    # ---- functions

    def _at_functions(self) -> None:
        from moto.awslambda.models import LambdaFunction

        from taproom.local.lambda_process import LambdaProcess

        def begin(process: Any, package: Any) -> None:
            tag = f"chaos{next(self._tags)}"
            # the SDK's own attempts are two here: its pauses between more of them are real time
            more = {"AWS_SDK_UA_APP_ID": tag, "AWS_MAX_ATTEMPTS": "2", "AWS_RETRY_MODE": "standard"}
            original_begin(process, replace(package, environment=package.environment | more))
            process.tag = tag
            self._processes[tag] = process

        def invoke(process: Any, event: Any, arn: str, request_id: str) -> Any:
            state = self._states[process.tag] = state_of_function(process.package.name, event)
            if not self.due(TimedOut, state):
                return original_invoke(process, event, arn, request_id)
            self._hanging.add(process.tag)
            process.package = replace(process.package, timeout=FUNCTION_TIME)
            try:
                return original_invoke(process, event, arn, request_id)
            finally:
                self._hanging.discard(process.tag)

        def deliver(function: Any, body: Any, request_headers: Any, response_headers: Any) -> Any:
            state = state_of_function(function.function_name, json.loads(body or b"{}"))
            self._pause(state)
            twice = self.due(Twice, state)
            if twice is None:
                return original_deliver(function, body, request_headers, response_headers)
            first = threading.Thread(target=original_deliver, args=(function, body, request_headers, {}))
            first.start()
            if not twice.at_once:
                first.join()
            answer = original_deliver(function, body, request_headers, response_headers)
            first.join()
            return answer

        original_begin = self.aws.patch(LambdaProcess, "__init__", begin)
        original_invoke = self.aws.patch(LambdaProcess, "invoke", invoke)
        original_deliver = self.aws.patch(LambdaFunction, "invoke", deliver)

    # ---- jobs

    def _at_jobs(self) -> None:
        from taproom.local.jobs.container import Container
        from taproom.local.jobs.job import Job
        from taproom.local.jobs.process import JobProcess

        def work(job: Any) -> None:
            state = state_of_job(job._request)
            self._pause(state)
            if fails := self.due(JobFails, state):
                job._folder.mkdir(parents=True)
                job._end("Failed", FailureReason=fails.reason)
                return
            acts = self.due(JobActs, state)
            if self.due(Stopped, state):
                self._stops.add(job.name)
            job._container.fault = acts.how if acts else (WAITS if job.name in self._stops else "")
            original_work(job)

        def speaks(event: dict[str, Any]) -> None:
            if event.get("type") == "job-log" and event["job"] in self._stops:
                self._stops.discard(event["job"])
                threading.Thread(target=self._stop_execution, daemon=True).start()

        def environment(container: Any) -> dict[str, str]:
            fault = getattr(container, "fault", "")
            return original_environment(container) | ({"FAULT": fault} if fault else {})

        def run(process: Any, command: Any, folder: Any, environment: Any, limit: float) -> Any:
            hangs = environment.get("FAULT") == HANGS
            return original_run(process, command, folder, environment, JOB_TIME if hangs else limit)

        original_work = self.aws.patch(Job, "_work", work)
        original_environment = self.aws.patch(Container, "environment", environment)
        original_run = self.aws.patch(JobProcess, "run", run)
        self.aws.listen(speaks)

    def _stop_execution(self) -> None:
        stepfunctions = self.aws.client("stepfunctions")
        for one in stepfunctions.list_executions(stateMachineArn=self.machine, statusFilter="RUNNING")["executions"]:
            stepfunctions.stop_execution(executionArn=one["executionArn"], error="User", cause="stopped by the user")

    # ---- events

    def _at_events(self) -> None:
        from taproom.local import eventbridge

        def deliver(aws: Any, rule: Any, target: Any, event: Any) -> None:
            name = rule_of(rule.name)
            key = event["detail"].get("object", {}).get("key")
            if key in self.silent or name in self._deaf:
                return
            fault = self.due(Delivery, name)
            arrive = lambda: original(aws, rule, target, event)  # noqa: E731
            if fault is None:
                arrive()
                self._release_next()
            elif fault.how == "twice":
                arrive()
                arrive()
            elif fault.how in ("late", "after the next"):
                with self._lock:
                    self._held.append(arrive)
                    self._next = fault.how == "after the next"

        original = self.aws.patch(eventbridge, "_deliver_to", deliver)

    _next = False

    def _release_next(self) -> None:
        if self._next:
            self._next = False
            self.release()


def rule_of(name: str) -> str:
    """The logical id of a rule by its name, ``taproom-UploadRule-1A2B3C``."""
    return name.split("-")[1] if name.startswith("taproom-") else name


def respond(error: ApiError, call: Call, start_response: Any) -> list[bytes]:
    """The error as the service words it."""
    if call.name.startswith("s3."):
        text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{error.code}</Code>"
        body = f"{text}<Message>{escape(error.message)}</Message><RequestId>chaos</RequestId></Error>".encode()
        kind = "application/xml"
    else:
        body = json.dumps({"__type": error.code, "message": error.message, "Message": error.message}).encode()
        kind = "application/x-amz-json-1.1"
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("x-amzn-ErrorType", error.code),
        ("x-amzn-RequestId", "chaos"),
        ("Connection", "close"),  # what the request's body still holds is not read
    ]
    start_response(f"{error.status} Injected", headers)
    return [body]
