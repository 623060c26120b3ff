"""Where AWS's console shows an execution. No local AWS here: it would turn every client to itself."""

from __future__ import annotations

import boto3
import pytest

from taproom.manage.start import at_aws, console_url


@pytest.mark.parametrize(
    ("region", "arn", "url"),
    [
        ("eu-west-1", "arn:aws:states:eu-west-1:1:execution:m:e", "https://eu-west-1.console.aws.amazon.com/"),
        ("cn-north-1", "arn:aws-cn:states:cn-north-1:1:execution:m:e", "https://cn-north-1.console.amazonaws.cn/"),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:states:us-gov-west-1:1:execution:m:e",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
    ],
)
def test_on_aws_the_console_is_named(region, arn, url):
    stepfunctions = boto3.client("stepfunctions", region, aws_access_key_id="x", aws_secret_access_key="y")
    assert at_aws(stepfunctions)
    assert console_url(stepfunctions, arn) == f"{url}states/home?region={region}#/v2/executions/details/{arn}"


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:5000", "https://amazonaws.com.example.org"])
def test_elsewhere_none_is(endpoint):
    stepfunctions = boto3.client(
        "stepfunctions", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="y", endpoint_url=endpoint
    )
    assert console_url(stepfunctions, "arn:aws:states:eu-west-1:1:execution:m:e") is None
