"""A request to the local AWS, read: which call it is, and which state of the execution it is made for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from taproom.local.authorization.requests import body_of

SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")
APP = re.compile(r"\bapp/(\S+)")
JOBS = ("preprocess", "train-retrieval", "train-ranking", "evaluate-retrieval", "evaluate-ranking")


@dataclass(frozen=True)
class Call:
    """``name`` is such as "sagemaker.CreateTrainingJob"; ``state`` is empty where it belongs to none."""

    name: str
    state: str
    path: str
    function: str = ""  # the tag of the process that calls


def read_call(environ: dict[str, Any], state_of_process: Callable[[str], str]) -> Call | None:
    """Read a WSGI request, whose body stays to be read; None for what is no signed call."""
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not scope:
        return None
    service, path = scope["service"], unquote(environ.get("PATH_INFO", ""))
    app = APP.search(environ.get("HTTP_USER_AGENT", ""))
    tag = app[1] if app else ""
    if service == "s3":
        return Call(f"s3.{s3_operation(environ, path)}", state_of_process(tag), path, tag)
    body = body_of(environ)
    if service == "lambda":
        invoked = re.search(r"/functions/(.+)/invocations$", path)
        name = "Invoke" if invoked else "Other"
        state = state_of_function(invoked[1], parsed(body)) if invoked else ""
        return Call(f"lambda.{name}", state, path, tag)
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    state = state_of_process(tag) if tag else state_of_job(parsed(body))
    return Call(f"{service}.{operation}", state, path, tag)


def s3_operation(environ: Mapping[str, Any], path: str) -> str:
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    method, is_object = environ["REQUEST_METHOD"], bool(path.strip("/").partition("/")[2])
    if method == "GET" and "list-type" in query:
        return "ListObjectsV2"
    if is_object and not query.keys() - {"x-id"}:
        return {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}.get(method, "")
    return "Other"


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return {}


def state_of_job(request: Any) -> str:
    """The state of a job by the job's name, in a request about it or an ARN."""
    if not isinstance(request, dict):
        return ""
    name = str(request.get("TrainingJobName") or request.get("ProcessingJobName") or "")
    return state_called(next((job for job in JOBS if name.startswith(f"{job}-")), ""))


def state_called(job: str) -> str:
    """``train-retrieval`` is TrainRetrieval's."""
    return "".join(word.capitalize() for word in job.split("-"))


def state_of_function(function: str, payload: Any) -> str:
    """The state that asks a function: the function's own name, and the model or step that it is asked about."""
    found = re.search(r"taproom-([A-Za-z]+?)-[A-Za-z0-9]+(?::[^:]+)?$", function) or re.search(
        r"taproom-([A-Za-z]+)", function
    )
    name = found[1] if found else function
    if not isinstance(payload, dict):
        return name
    if "Model" in payload and name in ("FindChampion", "ParseEvaluation", "Gate", "RegisterModel"):
        return f"{name}{str(payload['Model']).capitalize()}"
    if "Step" in payload:
        return f"{name.removesuffix('Failure').removesuffix('Step')}{payload['Step']}"
    return name
