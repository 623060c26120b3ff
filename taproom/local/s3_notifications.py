"""GetBucketNotificationConfiguration tells of EventBridge too: moto keeps that, and answers without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.core.responses import ActionResult
    from moto.s3.responses import S3Response

    def get_bucket_notification(self: Any) -> Any:
        configuration = self.backend.get_bucket_notification_configuration(self.bucket_name)
        if not configuration or configuration.event_bridge is None:
            return original(self)
        serialized = self.serialized

        def with_event_bridge(answer: Any) -> Any:
            return serialized(ActionResult({**answer.result, "EventBridgeConfiguration": {}}))

        self.serialized = with_event_bridge  # of this request's object alone
        return original(self)

    original = aws.patch(S3Response, "get_bucket_notification", get_bucket_notification)
