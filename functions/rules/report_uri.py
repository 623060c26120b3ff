"""Where the page that tells of a run lies: WriteReport writes it there, after the run has ended."""

from __future__ import annotations


def report_uri(run_prefix: str) -> str:
    """``run_prefix`` is the s3:// URI of the run's folder, as Prepare tells it: it ends with /."""
    return f"{run_prefix}report.html"
