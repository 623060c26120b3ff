"""The job log as progress: which lines a person wants to see while a job runs."""

from __future__ import annotations

import re

EPOCH = re.compile(
    r"(?P<refit>\brefit )?\bepoch=(?P<epoch>\d+)(?: of=(?P<of>\d+))?.*?\bloss=(?P<loss>[0-9.eE+-]+)"
    r"(?: validation=(?P<validation>[0-9.]+))?"
)


def progress_of(line: str) -> str:
    """'epoch 3/20, loss 5.1234' for a training log line that tells so; an empty string for any other."""
    found = EPOCH.search(line)
    if not found:
        return ""
    of = f"/{found['of']}" if found["of"] else ""
    validation = f", validation {found['validation']}" if found["validation"] else ""
    return f"{found['refit'] or ''}epoch {found['epoch']}{of}, loss {found['loss']}{validation}"
