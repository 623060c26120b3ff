"""Temporary credentials that name a role, as STS gives them to whoever acts for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

TEMPORARY = "ASIA"  # how the key of a session begins
HOURS = 12


@dataclass(frozen=True)
class Caller:
    """A role as it is used by ``service`` (empty: by whoever assumed it). ``source`` is what it is used for."""

    role: str
    session: str
    service: str = ""
    source: str = ""

    @property
    def arn(self) -> str:
        """As error messages name it: arn:aws:sts::<account>:assumed-role/<role>/<session>."""
        _, partition, _, _, account, resource = self.role.split(":", 5)
        return f"arn:{partition}:sts::{account}:assumed-role/{resource.rsplit('/', 1)[-1]}/{self.session}"


@dataclass(frozen=True)
class Credentials:
    """Of a session."""

    key: str
    secret: str
    token: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_SESSION_TOKEN": self.token,
        }

    def arguments(self) -> dict[str, str]:
        """For a boto3 client."""
        return {
            "aws_access_key_id": self.key,
            "aws_secret_access_key": self.secret,
            "aws_session_token": self.token,
        }


class Callers:
    """The sessions of a local AWS; moto's STS has them too, and tells who they are."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._credentials: dict[Caller, Credentials] = {}
        self._callers: dict[str, Caller] = {}  # by key
        self._lock = threading.Lock()

    def credentials(self, caller: Caller) -> Credentials:
        """Those of a session, always the same ones. Whether the role may be assumed is seen when they are used."""
        with self._lock:
            if caller not in self._credentials:
                made = self._sts().assume_role(
                    self._aws.region, caller.session, caller.role, "", HOURS * 3600, external_id=""
                )
                given = Credentials(made.access_key_id, made.secret_access_key, made.session_token)
                self._credentials[caller] = given
                self._callers[given.key] = caller
            return self._credentials[caller]

    def caller(self, key: str) -> Caller | None:
        """Who has an access key; None is the administrator."""
        if not key.startswith(TEMPORARY):
            return None
        found = self._callers.get(key)
        if found is None and (assumed := self._sts().get_assumed_role_from_access_key(key)) is not None:
            found = Caller(assumed.role_arn, assumed.session_name)
        return found

    def _sts(self) -> Any:
        from moto.sts.models import sts_backends
        from moto.utilities.utils import get_partition

        return sts_backends[self._aws.account_id][get_partition(self._aws.region)]
