"""A refused request, answered as the service itself answers it."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

QUERY_CODES = {"sns": "AuthorizationError"}  # the others' is AccessDenied
FORBIDDEN, BAD_REQUEST = "403 Forbidden", "400 Bad Request"


def answer(environ: dict[str, Any], start_response: Any, service: str, message: str, request_id: str) -> list[bytes]:
    """Send the error of ``service``; which form it has follows from the request's."""
    kind = "application/xml"
    headers = [("x-amzn-RequestId", request_id), ("Connection", "close")]  # what the body still holds is not read
    status = FORBIDDEN
    if service == "s3":
        text = (
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code>"
            f"<Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>"
        )
    elif service == "ec2":
        text = (
            f"<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>{escape(message)}</Message></Error>"
            f"</Errors><RequestID>{request_id}</RequestID></Response>"
        )
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        code = QUERY_CODES.get(service, "AccessDenied")
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    else:
        kind = "application/x-amz-json-1.1"
        headers.append(("x-amzn-ErrorType", "AccessDeniedException"))
        status = BAD_REQUEST if "HTTP_X_AMZ_TARGET" in environ else FORBIDDEN
        text = json.dumps({"__type": "AccessDeniedException", "message": message, "Message": message})
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else text.encode()
    headers += [("Content-Type", kind), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]
