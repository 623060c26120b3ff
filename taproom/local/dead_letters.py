"""What nobody could be given, left in the queue that is named for it, in the words that AWS uses there."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def leave(aws: LocalAws, queue_arn: str, body: str, attributes: dict[str, str] | None = None) -> None:
    """Send ``body`` to the queue, with ``attributes`` as its message attributes."""
    sqs = aws.client("sqs")
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[1])["QueueUrl"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value[:1000]} for name, value in (attributes or {}).items()
        },
    )


def leave_undelivered(aws: LocalAws, target: dict[str, Any], body: str, error: Exception, **told: str) -> None:
    """What a rule or a schedule could not deliver to ``target``, if that names a queue for it. ``told``: attributes."""
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        leave(aws, queue, body, {"ERROR_CODE": code, "ERROR_MESSAGE": str(error), "TARGET_ARN": target["Arn"], **told})


def failed_invocation(aws: LocalAws, function: Any, event: Any, payload: str, attempts: int) -> str:
    """The record of an invocation that failed to the last attempt, as a function's destination is sent it."""
    record = {
        "version": "1.0",
        "timestamp": aws.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z",
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{function.function_arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": _as_json(payload),
    }
    return json.dumps(record)


def _as_json(payload: str) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload
