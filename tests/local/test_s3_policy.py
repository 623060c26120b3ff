"""Bucket policies: a condition decides whether a statement applies."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from taproom.local.aws import LocalAws
from taproom.local.s3_policy import applies


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        ({"Bool": {"AWS:securetransport": ["true"]}}, True),
        ({"StringEquals": {"s3:x-amz-acl": "public-read"}}, False),
    ],
)
def test_conditions(condition, holds):
    assert applies(condition) is holds


def test_a_deny_without_condition_denies_and_a_tls_only_one_does_not(tmp_path):
    with LocalAws(tmp_path) as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="policed")
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::policed/secret/*"}
        tls = {**deny, "Resource": "arn:aws:s3:::policed/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        s3.put_bucket_policy(Bucket="policed", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny, tls]}))
        s3.put_object(Bucket="policed", Key="open/a", Body=b"1")
        with pytest.raises(ClientError, match="Forbidden"):
            s3.put_object(Bucket="policed", Key="secret/a", Body=b"1")
