"""Where the page that tells of a run lies: WriteReport writes it there, after the run has ended."""

from __future__ import annotations

from rules.naming import RUNS_PREFIX, execution_slug


def report_uri(run_prefix: str) -> str:
    """``run_prefix`` is the s3:// URI of the run's folder, as Prepare tells it: it ends with /."""
    return f"{run_prefix}report.html"


def report_of(bucket: str, name: str, arn: str) -> str:
    """The page of an execution, by its name and ARN."""
    return report_uri(f"s3://{bucket}/{RUNS_PREFIX}{execution_slug(name, arn)}/")
