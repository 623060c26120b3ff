"""Least privilege, enforced: what a role calls is held against its policies, as IAM does it on AWS.

callers.py      who calls: temporary credentials that name a role
requests.py     what is asked: a request's service, operation and parameters, by botocore's models
actions.py      which right each operation asks for, and on what (services.py: the table; resources.py: its ARNs)
implied.py      the rights that services use for a role without a request of their own
documents.py    a policy document, read; conditions.py its conditions; arns.py its wildcards
function_policy.py  a function's own policy: which services may invoke it
policies.py     what policies a role has; managed.py those of AWS
decision.py     allowed or not, and by which statement
record.py       what was decided, for tests
authorizer.py   all of it together; gateway.py in front of the server; denials.py the services' own errors
clients.py      boto3 clients of what acts for a role: rules, schedules, jobs (stepfunctions_role.py has the states')

Whoever has other credentials is the account's administrator, and unchecked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    """Set ``aws.authorizer``: from now on it is looked at who calls."""
    from taproom.local.authorization.authorizer import Authorizer

    aws.authorizer = Authorizer(aws)
