"""Lambda without Docker: invoking a function runs its own deployed code in a process of its own that stays warm.

Every invocation reaches moto's ``LambdaFunction.invoke``, whoever makes it (the API, the interpreter, CloudFormation);
that is what is replaced here. Parallel invocations get a process each, up to a bound; an idle one is used again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taproom.local import lambda_layers
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.implied import FUNCTION_TRACES, of_log, of_traces
from taproom.local.lambda_async import AsyncInvocations
from taproom.local.lambda_process import LambdaProcess, Outcome, Package
from taproom.local.lambda_unpacked import digest, unpacked
from taproom.local.log_groups import FileForwarder

if TYPE_CHECKING:
    from taproom.local.authorization.callers import Credentials
    from taproom.local.aws import LocalAws

CONCURRENCY = 8  # processes of one function; a thousand events at once are served one after the other


def install(aws: LocalAws) -> None:
    from moto.awslambda.models import LambdaFunction
    from moto.awslambda.responses import LambdaResponse

    shutil.rmtree(aws.root / "functions", ignore_errors=True)  # of earlier runs, whose names never come again
    lambda_layers.install(aws)
    runtime = LambdaRuntime(aws)
    invocations = AsyncInvocations(aws, runtime.invoke)

    def invoke(self: Any, body: Any, request_headers: Any, response_headers: Any) -> bytes | str:
        kind = (request_headers or {}).get("x-amz-invocation-type") or "RequestResponse"
        event = parse_event(body)
        if kind == "DryRun":
            return ""
        if kind == "Event":
            invocations.start(self, event)
            return ""
        outcome = runtime.invoke(self, event)
        if outcome.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-executed-version"] = version_of(self)
        return outcome.payload.encode()

    def invoke_response(self: Any) -> Any:
        if "Qualifier" in self.querystring:  # moto looks for it in lower case, which nobody sends
            self.querystring["qualifier"] = self.querystring["Qualifier"]
        return original_response(self)

    aws.patch(LambdaFunction, "invoke", invoke)
    original_response = aws.patch(LambdaResponse, "invoke", invoke_response)
    aws.listen(lambda event: runtime.warm_all() if event.get("type") == "stack-deployed" else None)
    aws.on_stop(runtime.stop)
    aws.on_stop(invocations.stop)


def parse_event(body: Any) -> Any:
    """The event in a request's body; AWS's own error for what is no JSON."""
    from moto.core.exceptions import JsonRESTError

    text = body.decode() if isinstance(body, bytes) else body
    try:
        return json.loads(text) if text else {}
    except ValueError as error:
        raise JsonRESTError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error


def caller_of(function: Any) -> Caller:
    """Lambda in a function's role; the session is called like the function."""
    return Caller(function.role, function.function_name, "lambda.amazonaws.com", function.function_arn)


def version_of(function: Any) -> str:
    """``$LATEST`` or the number of a published version."""
    return str(function.version) if function.function_arn.count(":") == 7 else "$LATEST"


class LambdaRuntime:
    """All function processes of a local AWS."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._lock = threading.Lock()
        self._idle: dict[str, list[LambdaProcess]] = {}
        self._all: set[LambdaProcess] = set()
        self._turns: dict[str, threading.Semaphore] = {}
        self._stopped = False
        self._logs = FileForwarder(aws)

    def invoke(self, function: Any, event: Any, request_id: str | None = None) -> Outcome:
        """Run a function on an event and wait for it."""
        request_id = request_id or str(uuid.uuid4())
        package = self._package(function)
        key = identity(package)
        with self._turn_of(package.name):
            return self._invoke_in_turn(key, package, event, function, request_id)

    def _turn_of(self, name: str) -> threading.Semaphore:
        with self._lock:
            return self._turns.setdefault(name, threading.Semaphore(CONCURRENCY))

    def _invoke_in_turn(self, key: str, package: Package, event: Any, function: Any, request_id: str) -> Outcome:
        begin = time.monotonic()
        process = self._take(key, package)
        self._note(package, f"START RequestId: {request_id} Version: {package.version}")
        outcome = process.invoke(event, function.function_arn, request_id)
        self._note(package, f"END RequestId: {request_id}")
        milliseconds = (time.monotonic() - begin) * 1000
        self._note(package, f"REPORT RequestId: {request_id} Duration: {milliseconds:.2f} ms")
        with self._lock:
            if outcome.ended or self._stopped:
                self._all.discard(process)
            else:
                self._idle.setdefault(key, []).append(process)
        if outcome.ended:
            self._note(package, outcome.payload)
        self._report(function, package)
        return outcome

    def _report(self, function: Any, package: Package) -> None:
        """Send logs and traces, as the function's role; one that may not goes without, as on AWS."""
        caller, decide = caller_of(function), self._aws.authorizer.decide
        group, stream = (package.environment[f"AWS_LAMBDA_LOG_{part}_NAME"] for part in ("GROUP", "STREAM"))
        decisions = [decide(caller, one) for one in of_log(group, stream, self._aws.authorizer.site)]
        if all(one.allowed for one in decisions):
            self._logs.forward(package.log, group, stream)
        if (getattr(function, "tracing_config", None) or {}).get("Mode") == "Active":
            for request in of_traces(FUNCTION_TRACES):
                decide(caller, request)

    def warm_all(self) -> None:
        """Start the processes that will be invoked first: of the aliases where there are any, else of $LATEST."""
        for function in self._invocable():
            package = self._package(function)
            key = identity(package)
            with self._lock:
                known = self._stopped or key in self._idle
            if not known:
                process = self._start(package)
                with self._lock:
                    self._idle.setdefault(key, []).append(process)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            processes = list(self._all)
        for process in processes:
            process.end()

    def _invocable(self) -> list[Any]:
        from moto.awslambda.models import lambda_backends

        backend = lambda_backends[self._aws.account_id][self._aws.region]
        chosen = []
        for function in backend._lambdas.latest():
            aliases = backend._lambdas._get_function_aliases(function.function_name)
            chosen += [backend.get_function(function.function_name, alias.name) for alias in aliases.values()] or [
                function
            ]
        return chosen

    def _take(self, key: str, package: Package) -> LambdaProcess:
        with self._lock:
            waiting = self._idle.get(key)
            if waiting:
                return waiting.pop()
        return self._start(package)

    def _start(self, package: Package) -> LambdaProcess:
        process = LambdaProcess(package)
        with self._lock:
            self._all.add(process)
            stopped = self._stopped
        if stopped:
            process.end()
        return process

    def _package(self, function: Any) -> Package:
        version = version_of(function)
        name = function.function_name
        code = function.code_bytes
        task_root = unpacked([code], self._aws.root / "functions" / name / digest(code))
        return Package(
            name=name,
            version=version,
            handler=function.handler,
            task_root=task_root,
            layers=lambda_layers.packages_of(function, self._aws.root / "layers"),
            timeout=float(function.timeout),
            memory=int(function.memory_size),
            environment=self._environment(function, version, task_root),
            log=self._aws.root / "logs" / "lambda" / f"{name}.log",
        )

    def _environment(self, function: Any, version: str, task_root: Path) -> dict[str, str]:
        """Exactly what the function is configured with, and what Lambda itself sets."""
        given = {key: str(value) for key, value in function.environment_vars.items()}
        reserved = {
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{function.function_name}[{version}]local",
            "AWS_LAMBDA_LOG_FORMAT": getattr(function, "log_format", "Text"),  # set where CloudFormation made it
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(task_root),
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }
        ours = {name: value for name, value in self._aws.environment().items() if name.startswith("AWS_")}
        return {**given, **ours, **self._credentials(function).environment(), **reserved}

    def _credentials(self, function: Any) -> Credentials:
        """Of the function's role, as Lambda gives them to its processes."""
        return self._aws.authorizer.callers.credentials(caller_of(function))

    def _note(self, package: Package, line: str) -> None:
        package.log.parent.mkdir(parents=True, exist_ok=True)
        with package.log.open("a", encoding="utf-8") as log_file:
            log_file.write(line + "\n")


def identity(package: Package) -> str:
    """Equal for packages that one process can serve."""
    folders = [str(folder) for folder in (package.task_root, *package.layers)]
    parts = [package.name, package.version, package.handler, folders, package.timeout, package.memory]
    return hashlib.sha256(json.dumps([*parts, package.environment], sort_keys=True).encode()).hexdigest()
