from __future__ import annotations

import socket

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)


@pytest.fixture
def module(environment):
    import aws

    aws.client.cache_clear()
    yield aws
    aws.client.cache_clear()


def refused(code, status=400):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutItem")


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException"),
        refused("ProvisionedThroughputExceededException"),
        refused("SlowDown", 503),
        refused("InternalServerError", 500),
        refused("503", 503),
        ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke"),
        EndpointConnectionError(endpoint_url="https://aws"),
        ConnectTimeoutError(endpoint_url="https://aws"),
        ReadTimeoutError(endpoint_url="https://aws"),
        ConnectionClosedError(endpoint_url="https://aws"),
    ],
    ids=lambda error: error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__,
)
def test_what_may_go_away_by_itself_is_raised_under_the_one_name_that_is_tried_again(module, error):
    assert module.passing(error) is True

    @module.aws_unavailable
    def handler(event, context):
        raise error

    with pytest.raises(module.AwsUnavailable) as caught:
        handler({}, None)
    assert caught.value.__cause__ is error
    assert type(error).__name__ in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        refused("AccessDeniedException"),
        refused("ConditionalCheckFailedException"),
        refused("ValidationException"),
        NoCredentialsError(),
        ParamValidationError(report="Missing required parameter"),
        ValueError("another"),
    ],
    ids=lambda error: error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__,
)
def test_what_will_not_is_raised_as_it_is(module, error):
    assert module.passing(error) is False

    @module.aws_unavailable
    def handler(event, context):
        raise error

    with pytest.raises(type(error)) as caught:
        handler({}, None)
    assert caught.value is error


def test_an_aws_that_is_not_there_is_unavailable(module):
    with socket.socket() as taken:  # a port at which nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        client = boto3.client("dynamodb", endpoint_url=address, config=Config(retries={"total_max_attempts": 1}))
        handler = module.aws_unavailable(lambda event, context: client.list_tables())
        with pytest.raises(module.AwsUnavailable, match="EndpointConnectionError"):
            handler({}, None)


def test_an_answer_is_passed_on_and_the_handlers_name_is_kept(module):
    @module.aws_unavailable
    def handler(event, context):
        return [event, context]

    assert handler(1, context=2) == [1, 2]
    assert handler.__name__ == "handler"


def test_a_client_is_made_once(module):
    assert module.client("s3") is module.client("s3")
