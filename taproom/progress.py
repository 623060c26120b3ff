"""The job log as progress: which lines a person wants to see while a job runs."""

from __future__ import annotations

import re

EPOCH = re.compile(r"\bepoch=(?P<epoch>\d+)(?: of=(?P<of>\d+))?.*?\bloss=(?P<loss>[0-9.eE+-]+)")


def progress_of(line: str) -> str:
    """'epoch 3/20, loss 5.1234' for a training log line that tells so; an empty string for any other."""
    found = EPOCH.search(line)
    if not found:
        return ""
    of = f"/{found['of']}" if found["of"] else ""
    return f"epoch {found['epoch']}{of}, loss {found['loss']}"
