"""What a request to the local AWS asks for: service, operation and parameters; of REST services by their models."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl

SIGNED = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
READ = 16 << 20  # bytes of a body that is read for its parameters; S3's bodies are not
MODELS = {"states": "stepfunctions", "monitoring": "cloudwatch"}  # botocore's names, where the signature has others
CBOR = re.compile(r"/service/[^/]+/operation/(?P<operation>\w+)$")


@dataclass(frozen=True)
class Call:
    """``service`` as signatures have it ("states"); ``operation`` is empty where it is none of the service's."""

    service: str
    operation: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


def signature(environ: dict[str, Any]) -> re.Match[str] | None:
    """Key, region and service of who signed a WSGI request, in its header or in its presigned URL."""
    found = SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found or "X-Amz-Credential" not in environ.get("QUERY_STRING", ""):
        return found
    (credential, *_) = parse_qs(environ["QUERY_STRING"]).get("X-Amz-Credential", [""])
    return SIGNED.search(f"Credential={credential}")


def read(environ: dict[str, Any], service: str) -> Call:
    """The call of a request; its body stays to be read."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(service, target.rpartition(".")[2], _json(body_of(environ)))
    if cbor := CBOR.search(environ.get("PATH_INFO", "")):
        return Call(service, cbor["operation"])
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded") and service != "s3":
        form = dict(parse_qsl(body_of(environ).decode("utf-8", "replace"), keep_blank_values=True))
        return Call(service, form.pop("Action", ""), form)
    return _rest(environ, service)


def _rest(environ: dict[str, Any], service: str) -> Call:
    from moto.core.request import Request
    from moto.core.routing import get_service_router
    from werkzeug.exceptions import MethodNotAllowed, NotFound

    request = Request(environ)
    try:
        operation, named = get_service_router(MODELS.get(service, service)).match(request)
    except (NotFound, MethodNotAllowed, NotImplementedError, LookupError, ValueError):
        return Call(service)
    parameters: dict[str, Any] = {**request.args.to_dict(), **named}
    if service == "s3":
        if source := request.headers.get("x-amz-copy-source"):
            parameters["CopySource"] = source
    elif operation.name != "Invoke":  # an event is no parameter
        parameters |= _json(body_of(environ))
    return Call(service, operation.name, parameters)


def body_of(environ: dict[str, Any]) -> bytes:
    """A WSGI request's body, which stays to be read; empty for one of more than READ bytes."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length <= READ:
        return b""
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
