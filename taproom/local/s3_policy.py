"""Bucket policies with conditions: moto denies whatever a conditional Deny names, holding the condition or not.

Requests count as made over TLS, as they are on AWS; here nothing leaves the machine. Of the conditions only
``aws:SecureTransport`` is looked at: a statement with another one is left out, and said so once.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

log = logging.getLogger(__name__)


def install(aws: LocalAws) -> None:
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy.decode() if isinstance(self.policy, bytes) else self.policy)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        applying = [without_condition(one) for one in statements if applies(one.get("Condition") or {})]
        if not applying:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps({**policy, "Statement": applying})).is_action_permitted(action, resource)

    aws.patch(FakeBucket, "get_permission", get_permission)


def applies(condition: dict[str, Any]) -> bool:
    """Whether a statement's condition holds for a request over TLS."""
    for operator, tests in condition.items():
        for key, wanted in tests.items():
            if operator != "Bool" or key.lower() != "aws:securetransport":
                _say_once(f"a bucket policy's condition {operator} {key} is not evaluated here")
                return False
            if str(wanted[0] if isinstance(wanted, list) else wanted).lower() != "true":
                return False
    return True


@cache
def _say_once(message: str) -> None:
    log.warning(message)


def without_condition(statement: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != "Condition"}
