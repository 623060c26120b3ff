"""Where a person finds an execution in AWS's console."""

from __future__ import annotations

from urllib.parse import quote

CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
AWS_CONSOLE = "console.aws.amazon.com"


def region_of(arn: str) -> str:
    return arn.split(":")[3]


def console_url(arn: str) -> str:
    """The execution's page, at the console of its partition."""
    _, partition, _, region, *_ = arn.split(":")
    host = CONSOLES.get(partition, AWS_CONSOLE)
    return f"https://{region}.{host}/states/home?region={region}#/v2/executions/details/{quote(arn, safe=':')}"
