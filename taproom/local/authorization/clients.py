"""boto3 clients of what acts for a role: they call with the role's credentials, through the server like everybody."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.callers import Caller

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


class RoleClients:
    """One client per caller and service, made when it is first asked for."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._made: dict[tuple[Caller, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, caller: Caller) -> Any:
        """A client of this local AWS that calls as ``caller``."""
        with self._lock:
            if (caller, service) not in self._made:
                given = self._aws.authorizer.callers.credentials(caller).arguments()
                self._made[caller, service] = self._aws.session.client_of(service, self._aws.endpoint_url, **given)
            return self._made[caller, service]
