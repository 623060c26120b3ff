"""Which rights a call needs: the actions of IAM, the ARNs they are needed on, and the condition keys that go with them.

The table is in services.py. A call that is not in it needs a right that nobody has: nothing slips through unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taproom.local.authorization.documents import Request

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Site:
    """Where: what every ARN has in it."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True)
class Need:
    """A right that an operation asks for: ``action`` on each of ``resources``, in ``context``, if ``when`` says so."""

    action: str
    resources: Callable[[Site, Parameters], Iterable[str]]
    context: Callable[[Parameters], Mapping[str, str]] = lambda parameters: {}
    when: Callable[[Parameters], Any] = lambda parameters: True


class UnknownCall(LookupError):
    """A call that is not in the table."""


def needed(service: str, operation: str, parameters: Parameters, site: Site) -> list[Request]:
    """Every right that a call asks for. Raises UnknownCall."""
    from taproom.local.authorization.services import FREE, TABLE

    if (service, operation) in FREE:
        return []
    try:
        needs = TABLE[service, operation]
    except KeyError:
        raise UnknownCall(
            f"the local AWS does not know which right {service}:{operation or 'this request'} asks for: "
            "add it to taproom/local/authorization/services.py"
        ) from None
    return [
        Request(need.action, resource, tuple(sorted(need.context(parameters).items())))
        for need in needs
        if need.when(parameters)
        for resource in need.resources(site, parameters)
    ]
