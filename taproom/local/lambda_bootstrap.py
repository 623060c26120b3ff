"""The Lambda runtime: runs in the function's own process, loads its handler and answers one invocation after another.

Started as ``python -I -S -B -u lambda_bootstrap.py <socket fd> <task root> <layers> <handler> <packages>...``.
It imports nothing of Taproom: ``sys.path`` is the task root, the layers' packages (their folders are a JSON list), the
standard library and the runtime's packages.
Messages are JSON, one a line, over the inherited socket; standard output and error are the function's log.
"""

import importlib
import json
import os
import socket
import sys
import time
import traceback

BOOTSTRAP = os.path.abspath(__file__)


class Context:
    """What AWS passes to a handler as ``context``."""

    def __init__(self, invocation: dict, log_group: str) -> None:
        self.aws_request_id = invocation["request_id"]
        self.invoked_function_arn = invocation["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]  # a string on AWS too
        self.log_group_name = log_group
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = invocation["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self._deadline - time.time()) * 1000), 0)


class RuntimeFault(Exception):
    """An error of the runtime and not of the function; ``kind`` is its name on AWS."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def load(handler: str):
    """The handler function named ``module.function`` (module may be ``folder/module``)."""
    module_name, _, function_name = handler.rpartition(".")
    if not module_name:
        raise RuntimeFault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': it must be module.function")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise RuntimeFault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise RuntimeFault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise RuntimeFault(
            "Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'"
        ) from error


def describe(error: BaseException, request_id: str) -> dict:
    """An error as Lambda puts it into the payload."""
    kind = error.kind if isinstance(error, RuntimeFault) else type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != BOOTSTRAP]
    stack = [] if isinstance(error, RuntimeFault) else traceback.format_list(frames)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": stack}


def answer(handler, fault, invocation: dict, log_group: str) -> dict:
    """Run one invocation: ``{"payload": text}`` or ``{"error": document}``."""
    os.environ["_X_AMZN_TRACE_ID"] = invocation["trace"]
    try:
        if fault is not None:
            raise fault
        result = handler(invocation["event"], Context(invocation, log_group))
        try:
            return {"payload": json.dumps(result, ensure_ascii=False)}
        except (TypeError, ValueError) as error:
            raise RuntimeFault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is the answer
        document = describe(error, invocation["request_id"])
        log_error(document)
        return {"error": document}


def log_error(document: dict) -> None:
    """An error in the function's log, in the format that the function is configured with."""
    if os.environ["AWS_LAMBDA_LOG_FORMAT"] == "JSON":
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(json.dumps({"timestamp": timestamp, "log_level": "ERROR", **document}, ensure_ascii=False))
    else:
        print(f"[ERROR] {document['errorType']}: {document['errorMessage']}", *document["stackTrace"], sep="\n")


def main(descriptor: int, task_root: str, layers: list, handler_name: str, packages: list) -> None:
    here = os.path.dirname(BOOTSTRAP)
    library = [path for path in sys.path if os.path.abspath(path or ".") != here]
    sys.path[:] = [task_root, *layers, *library, *packages]
    os.chdir(task_root)
    channel = socket.socket(fileno=descriptor)
    stream = channel.makefile("rwb")
    handler, fault = None, None
    try:
        handler = load(handler_name)
    except Exception as error:  # noqa: BLE001 - whatever a module raises is the answer to its first invocation
        fault = error
    log_group = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
    stream.write(b'{"ready": true}\n')
    stream.flush()
    for line in stream:
        reply = answer(handler, fault, json.loads(line), log_group)
        sys.stdout.flush()
        sys.stderr.flush()
        stream.write(json.dumps(reply).encode() + b"\n")
        stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), sys.argv[4], sys.argv[5:])
