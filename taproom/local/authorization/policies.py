"""A role's policies as IAM has them now: read when they change, and not at every call."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.documents import Statement, read

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


@dataclass(frozen=True)
class RolePolicies:
    """The statements of one role."""

    identity: list[Statement]
    boundary: list[Statement] | None  # None: the role has no permissions boundary
    trust: list[Statement]


class NoSuchRole(LookupError):
    """There is no role of that ARN."""


class Policies:
    """All roles' policies. ``of`` costs a comparison of what is there with what was read, unless it has changed."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._read: dict[str, tuple[Any, RolePolicies]] = {}
        self._lock = threading.Lock()

    def of(self, role_arn: str) -> RolePolicies:
        """Raises NoSuchRole, and Unsupported for a policy that cannot be evaluated."""
        backend = self._backend(role_arn)
        role = next((one for one in list(backend.roles.values()) if one.arn == role_arn), None)
        if role is None:
            raise NoSuchRole(f"The role {role_arn} does not exist")
        state = (
            dict(role.policies),
            role.assume_role_policy_document,
            [(arn, policy.default_version_id) for arn, policy in role.managed_policies.items()],
            role.permissions_boundary_arn,
            self._version_of(backend, role.permissions_boundary_arn),
        )
        known = self._read.get(role_arn)
        if known and known[0] == state:
            return known[1]
        fresh = self._fresh(backend, role)
        with self._lock:
            self._read[role_arn] = (state, fresh)
        return fresh

    def _fresh(self, backend: Any, role: Any) -> RolePolicies:
        identity = [one for name, document in role.policies.items() for one in read(name, document)]
        for arn in role.managed_policies:
            identity += read(arn, self._document(backend, arn))
        arn = role.permissions_boundary_arn
        return RolePolicies(
            identity=identity,
            boundary=read(arn, self._document(backend, arn)) if arn else None,
            trust=read("AssumeRolePolicyDocument", role.assume_role_policy_document),
        )

    def _backend(self, role_arn: str) -> Any:
        from moto.iam.models import iam_backends

        parts = role_arn.split(":")
        if len(parts) < 6 or parts[4] != self._aws.account_id:
            raise NoSuchRole(f"The role {role_arn} does not exist")
        return iam_backends[parts[4]][parts[1]]

    @staticmethod
    def _version_of(backend: Any, arn: str | None) -> str:
        return backend.managed_policies[arn].default_version_id if arn in backend.managed_policies else ""

    @staticmethod
    def _document(backend: Any, arn: str) -> str:
        """The default version of a managed policy; one that is not there allows nothing."""
        policy = backend.managed_policies.get(arn)
        if policy is None:
            return '{"Statement": []}'
        return next(one.document for one in policy.versions if one.version_id == policy.default_version_id)
