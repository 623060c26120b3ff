"""DescribeExecution, read with care: it may be a little out of date, and AWS may not answer at all for now."""

from __future__ import annotations

from aws import client, passing
from botocore.exceptions import BotoCoreError, ClientError
from rules.execution import of_one_machine
from rules.standing import Described, Standing, described


def describe(execution: str) -> Described:
    """What is known of an execution, by its ARN. Raises what will not pass, such as that it may not be asked."""
    try:
        answer = client("stepfunctions").describe_execution(executionArn=execution)
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return Described(Standing.MISSING)
        if passing(error):
            return Described(Standing.UNANSWERED)
        raise
    return described(answer["status"], answer.get("redriveCount"))


def describe_holder(holder: str, asking: str) -> Described:
    """What is known of the execution that has the lease, for another one (ARNs).

    The table outlives its stack: a holder of a state machine that is no more ended with it, and may not be asked for.
    """
    return describe(holder) if of_one_machine(holder, asking) else Described(Standing.OVER)
