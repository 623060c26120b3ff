"""In front of the server: a request that is signed with a role's credentials is held against the role's policies."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from taproom.local.authorization import denials
from taproom.local.authorization.authorizer import AccessDenied
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.documents import Request
from taproom.local.authorization.requests import Call, read, signature

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
OBJECT_READ = ("GetObject", "HeadObject", "CopyObject")


def authorized(aws: LocalAws, app: WsgiApp) -> WsgiApp:
    """``app``, asked only for what the caller may; the administrator may everything."""

    def guarded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        signed = signature(environ)
        caller = aws.authorizer.callers.caller(signed["key"]) if signed else None
        if signed is None or caller is None:
            return app(environ, start_response)
        call = read(environ, signed["service"])
        try:
            aws.authorizer.check(caller, call)
            if call.service == "s3" and call.operation in OBJECT_READ:
                return _unless_missing(aws, caller, call, app, environ, start_response)
            return app(environ, start_response)
        except AccessDenied as error:
            return denials.answer(environ, start_response, call.service, str(error), uuid.uuid4().hex)

    return guarded


def _unless_missing(
    aws: LocalAws, caller: Caller, call: Call, app: WsgiApp, environ: dict[str, Any], start_response: Any
) -> Iterable[bytes]:
    """The answer about an object. S3 tells that there is none only to those who may list the bucket."""
    started: list[Any] = []

    def begin(status: str, headers: Any, *more: Any) -> Any:
        started.append((status, headers, *more))
        return lambda data: None

    body = app(environ, begin)
    status, headers, *more = started[-1]
    if status.startswith("404"):
        bucket = f"arn:{aws.authorizer.site.partition}:s3:::{call.parameters['Bucket']}"
        aws.authorizer.require(caller, [Request("s3:ListBucket", bucket)])
    start_response(status, headers, *more)
    return body
