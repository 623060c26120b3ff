"""Policies are evaluated as IAM evaluates them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from taproom.local.authorization.actions import Site
from taproom.local.authorization.arns import arn_matches, matches
from taproom.local.authorization.authorizer import judge, refusal
from taproom.local.authorization.callers import Caller
from taproom.local.authorization.conditions import Unsupported, holds
from taproom.local.authorization.decision import decide
from taproom.local.authorization.documents import Request, read
from taproom.local.authorization.policies import RolePolicies

OBJECT = "arn:aws:s3:::beers/runs/a.json"
SITE = Site("aws", "us-east-1", "123456789012")
ROLE = "arn:aws:iam::123456789012:role/service/taproom-JobRole"


def policy(*statements):
    return read("policy", {"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def allowed(statements, action="s3:GetObject", resource=OBJECT, **context):
    request = Request(action, resource, tuple((key.replace("__", ":"), value) for key, value in context.items()))
    return decide(request, policy(*statements)).allowed


@pytest.mark.parametrize(
    ("pattern", "text", "same"),
    [
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get?", "s3:GetObject", False),
        ("a.c", "abc", False),  # no regular expression
        ("[a]", "[a]", True),
        ("*", "", True),
        ("runs/*", "runs/a\nb", True),
    ],
)
def test_wildcards(pattern, text, same):
    assert matches(pattern, text) is same


@pytest.mark.parametrize(
    ("pattern", "arn", "same"),
    [
        ("arn:aws:s3:::beers/runs/*", OBJECT, True),
        ("arn:aws:s3:::beers/*", OBJECT, True),
        ("arn:aws:s3:::beers", OBJECT, False),
        ("arn:aws:s3:::Beers/runs/*", OBJECT, False),
        ("arn:aws:logs:us-east-1:1:log-group:/aws/x:*", "arn:aws:logs:us-east-1:1:log-group:/aws/x:log-stream:y", True),
        ("arn:aws:logs:*:log-group:/aws/x:*", "arn:aws:logs:us-east-1:1:log-group:/aws/x:log-stream:y", False),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::123456789012:role/x", True),
        ("*", "*", True),
        ("arn:aws:s3:::beers/*", "*", False),  # who may read one bucket may not do what knows no resource
    ],
)
def test_an_arn_is_matched_part_by_part(pattern, arn, same):
    assert arn_matches(pattern, arn) is same


def test_nothing_is_allowed_that_no_statement_allows():
    assert not allowed([])
    assert not allowed([allow("s3:PutObject")])
    assert not allowed([allow("s3:GetObject", "arn:aws:s3:::beers/reviews/*")])
    assert allowed([allow("s3:GetObject", "arn:aws:s3:::beers/runs/*")])
    assert allowed([allow("S3:getobject")])  # an action's letters may be large or small
    assert allowed([allow(["s3:PutObject", "s3:Get*"], ["arn:aws:s3:::x", OBJECT])])


def test_a_deny_wins_wherever_it_stands():
    for statements in ([allow("*"), deny("s3:*")], [deny("s3:*"), allow("*")]):
        assert not allowed(statements)
    assert allowed([allow("*"), deny("s3:*", "arn:aws:s3:::beers/reviews/*")])


def test_what_a_statement_leaves_out():
    assert allowed([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}])
    assert not allowed([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}])
    assert allowed([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}])
    assert not allowed([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::beers/*"}])


@pytest.mark.parametrize(
    ("condition", "context", "true"),
    [
        ({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, "sagemaker.amazonaws.com", True),
        ({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, "lambda.amazonaws.com", False),
        ({"StringEquals": {"iam:PassedToService": ["a", "b"]}}, "b", True),
        ({"StringEquals": {"iam:PassedToService": "A"}}, "a", False),
        ({"StringEqualsIgnoreCase": {"iam:PassedToService": "A"}}, "a", True),
        ({"StringEquals": {"iam:PassedToService": "a"}}, None, False),
        ({"StringEqualsIfExists": {"iam:PassedToService": "a"}}, None, True),
        ({"StringNotEquals": {"iam:PassedToService": ["a", "b"]}}, "b", False),
        ({"StringNotEquals": {"iam:PassedToService": "a"}}, None, True),
        ({"StringLike": {"iam:PassedToService": "sage*"}}, "sagemaker", True),
        ({"StringNotLike": {"iam:PassedToService": "sage*"}}, "sagemaker", False),
        ({"ArnLike": {"iam:PassedToService": "arn:aws:iam::*:role/x"}}, "arn:aws:iam::1:role/x", True),
        ({"ArnNotEquals": {"iam:PassedToService": "arn:aws:iam::*:role/x"}}, "arn:aws:iam::1:role/x", False),
        ({"Bool": {"IAM:passedToService": True}}, "true", True),  # a key's letters may be large or small
        ({"Bool": {"iam:PassedToService": "false"}}, "true", False),
        ({"Null": {"iam:PassedToService": "true"}}, None, True),
        ({"Null": {"iam:PassedToService": "false"}}, None, False),
        ({"StringEquals": {"iam:PassedToService": "a", "aws:Other": "b"}}, "a", False),  # every test must hold
    ],
)
def test_conditions(condition, context, true):
    assert holds(condition, {} if context is None else {"iam:passedtoservice": context}) is true


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        allow("s3:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}),
        allow("s3:*", Condition={"StringEquals": {"aws:username": "${aws:username}"}}),
        allow("s3:*", "arn:aws:s3:::beers/${aws:username}/*"),
        {**allow("s3:*"), "NotPrincipal": {"AWS": "*"}},
        {**allow("s3:*"), "Effect": "allow"},
    ],
)
def test_what_cannot_be_evaluated_is_an_error_and_never_passes(statement):
    with pytest.raises(Unsupported):
        policy(allow("*"), statement)


def test_a_document_may_be_text_and_have_one_statement():
    (statement,) = read("p", json.dumps({"Statement": allow("s3:GetObject")}))
    assert (statement.policy, statement.number, statement.actions) == ("p", 0, ("s3:GetObject",))


def policies(*identity, boundary=None, trust=None):
    trust = trust or {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return RolePolicies(policy(*identity), None if boundary is None else policy(*boundary), policy(trust))


def why(given, action="s3:GetObject", resource=OBJECT, service="sagemaker.amazonaws.com"):
    return judge(Caller(ROLE, "SageMaker", service), Request(action, resource), given, SITE).why


def test_a_boundary_limits_what_the_policies_allow():
    assert why(policies(allow("s3:*"), boundary=[allow("s3:Get*")])) == ""
    assert why(policies(allow("s3:*"), boundary=[allow("s3:Get*")]), "s3:PutObject") == (
        "because no permissions boundary allows the s3:PutObject action"
    )
    assert why(policies(allow("s3:*"), boundary=[allow("*"), deny("s3:Get*")])) == (
        "with an explicit deny in a permissions boundary"
    )
    assert "no identity-based policy" in why(policies(boundary=[allow("*")]))  # a boundary allows nothing by itself


def test_a_role_is_for_the_services_that_it_trusts():
    assert why(policies(allow("*"))) == ""
    assert "lambda.amazonaws.com" in why(policies(allow("*")), service="lambda.amazonaws.com")
    here = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    elsewhere = {"StringEquals": {"aws:SourceAccount": "210987654321"}}
    principal = {"Principal": {"Service": ["sagemaker.amazonaws.com"]}, "Action": "sts:AssumeRole", "Effect": "Allow"}
    assert why(policies(allow("*"), trust={**principal, "Condition": here})) == ""
    assert "authorized to assume the role" in why(policies(allow("*"), trust={**principal, "Condition": elsewhere}))


def test_calls_count_as_made_over_tls():
    plain = deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert why(policies(allow("*"), plain)) == ""
    assert "explicit deny in an identity-based policy" in why(policies(allow("*"), deny("s3:*")))


def test_a_refusal_is_in_aws_s_words():
    told = refusal(Caller(ROLE, "SageMaker"), Request("s3:GetObject", OBJECT), "because no identity-based policy ...")
    assert told == (
        "User: arn:aws:sts::123456789012:assumed-role/taproom-JobRole/SageMaker is not authorized to perform: "
        's3:GetObject on resource: "arn:aws:s3:::beers/runs/a.json" because no identity-based policy ...'
    )


ACTIONS = some.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "s3:Get*", "*", "dynamodb:GetItem"])
RESOURCES = some.sampled_from([OBJECT, "arn:aws:s3:::beers/*", "arn:aws:s3:::other/*", "*"])
STATEMENTS = some.lists(
    some.builds(lambda make, *args: make(*args), some.sampled_from([allow, deny]), ACTIONS, RESOURCES)
)


@given(STATEMENTS, ACTIONS, RESOURCES)
def test_more_denies_never_allow_and_more_allows_never_deny(statements, action, resource):
    before = allowed(statements)
    assert allowed([*statements, allow(action, resource)]) >= before
    assert allowed([*statements, deny(action, resource)]) <= before
    assert allowed(list(reversed(statements))) is before
