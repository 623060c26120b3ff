"""Holds what a role asks for against its policies, and remembers what came of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from taproom.local.authorization.actions import Site, UnknownCall, needed
from taproom.local.authorization.callers import Caller, Callers
from taproom.local.authorization.clients import RoleClients
from taproom.local.authorization.conditions import Unsupported
from taproom.local.authorization.decision import Decision, decide
from taproom.local.authorization.documents import Request
from taproom.local.authorization.implied import beside
from taproom.local.authorization.policies import NoSuchRole, Policies, RolePolicies
from taproom.local.authorization.record import Asked, Record
from taproom.local.authorization.requests import Call

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

log = logging.getLogger(__name__)


class AccessDenied(Exception):
    """A role asked for what it may not; the message is AWS's, and names role, action and resource."""

    def __init__(self, message: str, request: Request) -> None:
        super().__init__(message)
        self.request = request


class Authorizer:
    """One per local AWS, as ``aws.authorizer``. Thread-safe."""

    def __init__(self, aws: LocalAws) -> None:
        from moto.utilities.utils import get_partition

        self._aws = aws
        self.callers = Callers(aws)
        self.clients = RoleClients(aws)
        self.record = Record()
        self.site = Site(get_partition(aws.region), aws.region, aws.account_id)
        self._policies = Policies(aws)

    def check(self, caller: Caller, call: Call) -> None:
        """Raise AccessDenied unless the caller has every right that a call asks for."""
        try:
            asked = needed(call.service, call.operation, call.parameters, self.site)
        except UnknownCall as error:
            unknown = Request(f"{call.service}:{call.operation or 'unknown'}")
            self._remember(caller, unknown, Decision(f"because {error}"))
            raise AccessDenied(refusal(caller, unknown, f"because {error}"), unknown) from error
        self.require(caller, [*asked, *beside(self._aws, caller, call, self.site)])

    def require(self, caller: Caller, requests: Iterable[Request]) -> None:
        """Raise AccessDenied at the first request that is not allowed."""
        for request in requests:
            decision = self.decide(caller, request)
            if not decision.allowed:
                log.warning("%s", refusal(caller, request, decision.why))
                raise AccessDenied(refusal(caller, request, decision.why), request)

    def decide(self, caller: Caller, request: Request) -> Decision:
        """Whether a role's policies allow a request; it is remembered."""
        try:
            decision = judge(caller, request, self._policies.of(caller.role), self.site)
        except (NoSuchRole, Unsupported) as error:
            decision = Decision(f"because {error}")
        self._remember(caller, request, decision)
        return decision

    def policies(self, role_arn: str) -> RolePolicies:
        """What a role's policies say now."""
        return self._policies.of(role_arn)

    def _remember(self, caller: Caller, request: Request, decision: Decision) -> None:
        self.record.add(Asked(caller.role, caller.service, request), decision)


def judge(caller: Caller, request: Request, policies: RolePolicies, site: Site) -> Decision:
    """A decision by policies that are given: the role must be the caller's to assume, and allow the request."""
    if caller.service and not assumable(caller, policies, site):
        name = caller.service.partition(".")[0]
        return Decision(
            f"because neither the global service principal {caller.service}, nor the regional one of {name} "
            f"is authorized to assume the role {caller.role}"
        )
    always = {
        "aws:securetransport": "true",  # as all calls are made on AWS
        "aws:principalarn": caller.role,
        "aws:principalaccount": site.account,
        "aws:requestedregion": site.region,
    }
    whole = replace(request, context=tuple({**always, **dict(request.context)}.items()))
    return decide(whole, policies.identity, policies.boundary)


def assumable(caller: Caller, policies: RolePolicies, site: Site) -> bool:
    """Whether the role's trust policy lets the service that acts for the caller assume it."""
    context = {"aws:sourceaccount": site.account, "aws:sourcearn": caller.source}
    request = Request("sts:AssumeRole", caller.role, tuple(context.items()))
    trusting = [one for one in policies.trust if {caller.service, "*"} & set(one.services)]
    return decide(request, trusting, kind="resource").allowed


def refusal(caller: Caller, request: Request, why: str) -> str:
    """In AWS's words."""
    resource = f'"{request.resource}"' if request.action.startswith("s3:") else request.resource
    return f"User: {caller.arn} is not authorized to perform: {request.action} on resource: {resource} {why}"
