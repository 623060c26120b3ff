"""Where a person finds an execution: its report in S3, and its page in AWS's console."""

from __future__ import annotations

from urllib.parse import quote

from rules.naming import RUNS_PREFIX, execution_slug
from rules.s3_uri import S3Uri

CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
AWS_CONSOLE = "console.aws.amazon.com"


def report_uri(bucket: str, name: str, arn: str) -> str:
    """The report of an execution, in the folder of its run."""
    return str(S3Uri(bucket, f"{RUNS_PREFIX}{execution_slug(name, arn)}/report.html"))


def region_of(arn: str) -> str:
    return arn.split(":")[3]


def console_url(arn: str) -> str:
    """The execution's page, at the console of its partition."""
    _, partition, _, region, *_ = arn.split(":")
    host = CONSOLES.get(partition, AWS_CONSOLE)
    return f"https://{region}.{host}/states/home?region={region}#/v2/executions/details/{quote(arn, safe=':')}"
