"""A function's own policy: which services may invoke it (AWS::Lambda::Permission)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taproom.local.authorization.authorizer import AccessDenied
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.decision import decide
from taproom.local.authorization.documents import Request, read
from taproom.local.authorization.record import Asked

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def may_invoke(aws: LocalAws, function_arn: str, caller: Caller) -> None:
    """Raise AccessDenied unless the function's policy lets the caller's service invoke it for the caller's source."""
    from moto.awslambda.models import lambda_backends

    function = lambda_backends[aws.account_id][aws.region].get_function(function_arn)
    statements = read(function_arn, {"Statement": function.policy.statements})
    context = {"aws:sourceaccount": aws.account_id, "aws:sourcearn": caller.source}
    request = Request("lambda:InvokeFunction", function_arn, tuple(context.items()))
    decision = decide(
        request, [one for one in statements if {caller.service, "*"} & set(one.services)], kind="resource"
    )
    aws.authorizer.record.add(Asked(function_arn, caller.service, request), decision)
    if not decision.allowed:
        raise AccessDenied(
            f"{caller.service} ({caller.source}) is not authorized to perform: {request.action} on resource: "
            f"{function_arn} {decision.why}",
            request,
        )
