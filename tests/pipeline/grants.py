"""The grants of a deployed stack's roles, and which of a run's calls need each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from taproom.local.authorization.authorizer import judge
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.documents import Statement
from taproom.local.authorization.record import Asked

OF_AWS = "arn:aws:iam::aws:policy/"  # how its managed policies begin: their statements are not the template's


@dataclass(frozen=True)
class Grant:
    """An action on a resource that one statement of a role's policies allows. ``role`` is the logical id."""

    role: str
    statement: Statement
    action: str
    resource: str


def roles_of(aws: Any, stack: str = "taproom") -> dict[str, str]:
    """The ARN of each role of a stack, by logical id."""
    iam = aws.client("iam")
    resources = aws.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {
        one["LogicalResourceId"]: iam.get_role(RoleName=one["PhysicalResourceId"])["Role"]["Arn"]
        for one in resources
        if one["ResourceType"] == "AWS::IAM::Role"
    }


def grants_of(aws: Any, roles: dict[str, str]) -> Iterator[Grant]:
    """Every grant that the template itself gives."""
    for logical_id, arn in roles.items():
        for statement in aws.authorizer.policies(arn).identity:
            if statement.allows and not statement.policy.startswith(OF_AWS):
                for action in statement.actions:
                    for resource in statement.resources:
                        yield Grant(logical_id, statement, action, resource)


def denied_without(grant: Grant, arn: str, aws: Any, calls: Iterable[Asked]) -> list[Asked]:
    """The calls of a role that would be denied if it did not have the grant."""
    policies, whole = aws.authorizer.policies(arn), grant.statement
    others = replace(whole, actions=tuple(one for one in whole.actions if one != grant.action))
    elsewhere = tuple(one for one in whole.resources if one != grant.resource)
    left = [others, replace(whole, actions=(grant.action,), resources=elsewhere)] if elsewhere else [others]
    identity = [each for one in policies.identity for each in (left if one is whole else [one])]
    smaller = replace(policies, identity=identity)
    replayed = Caller(arn, "replayed")  # who may assume the role was seen when it was
    return [
        asked
        for asked in calls
        if asked.role == arn and not judge(replayed, asked.request, smaller, aws.authorizer.site).allowed
    ]


@contextmanager
def without(aws: Any, role_arn: str, action: str) -> Iterator[None]:
    """Meanwhile an action stands in no inline policy of a role."""
    iam, name = aws.client("iam"), role_arn.rpartition("/")[2]
    before = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    assert action in json.dumps(before), f"{name} was never granted {action}"
    try:
        for policy, document in before.items():
            statements = [left for one in document["Statement"] if (left := statement_without(one, action))]
            if statements:
                text = json.dumps({**document, "Statement": statements})
                iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
            else:
                iam.delete_role_policy(RoleName=name, PolicyName=policy)
        yield
    finally:
        for policy, document in before.items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))


def statement_without(statement: dict[str, Any], action: str) -> dict[str, Any] | None:
    """A statement with one action less; None where none is left."""
    given = statement["Action"]
    left = [one for one in ([given] if isinstance(given, str) else given) if one != action]
    return {**statement, "Action": left} if left else None
