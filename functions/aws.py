"""The functions' one door to AWS: a client is made when it is first needed, and kept while the function is warm."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import boto3
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
)

Handler = TypeVar("Handler", bound=Callable[..., Any])
PASSING = (
    *("Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "SlowDown"),
    *("RequestLimitExceeded", "ProvisionedThroughputExceededException", "RequestThrottled", "LimitExceededException"),
    *("InternalError", "InternalServerError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException"),
    *("RequestTimeout", "TransactionInProgressException"),
)
UNREACHED = (HTTPClientError, ConnectTimeoutError, EndpointConnectionError, IncompleteReadError)


class AwsUnavailable(Exception):
    """An AWS service could not answer a function for now; the state machine asks the function again."""


@cache
def client(service: str) -> Any:
    """The boto3 client of ``service`` in the function's region."""
    return boto3.client(service)


def passing(error: Exception) -> bool:
    """Whether an error of boto3 may go away by itself, after boto3 has tried again itself."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in PASSING or status >= 500
    return isinstance(error, UNREACHED)


def aws_unavailable(handler: Handler) -> Handler:
    """Have a handler's passing troubles with AWS raised as AwsUnavailable, the name by which they are retried."""

    @wraps(handler)
    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except (ClientError, *UNREACHED) as error:
            if passing(error):
                raise AwsUnavailable(f"{type(error).__name__}: {error}") from error
            raise

    return told  # type: ignore[return-value]  # it is called as the handler is
