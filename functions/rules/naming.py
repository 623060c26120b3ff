"""Names derived from an execution: the slug of its folder and the stems of its jobs' names.

A job's name is ``<stem>-<round>-<retry>-<redrive>``, at most 63 characters of [a-zA-Z0-9-], and can never be used
again. The stem leaves room for the counts and is the execution's own, whatever characters its name holds.
"""

from __future__ import annotations

import hashlib
import re

RUNS_PREFIX = "runs/"  # of the data bucket, where all that runs have made lies, each in the folder of its slug
STEM_LIMIT = 50  # characters; leaves 13 for the counts
HASH_LENGTH = 12  # hexadecimal digits
SLUG_NAME_LIMIT = 40


def execution_slug(name: str, arn: str) -> str:
    """A folder's name for an execution: its own name as far as it is plain, and a hash of its ARN."""
    return _joined(_plain(name)[:SLUG_NAME_LIMIT], _digest(arn))


def job_stem(step: str, name: str, arn: str) -> str:
    """The beginning of a job's names: ``step`` (such as ``train-retrieval``), as much of the name as fits, a hash."""
    room = STEM_LIMIT - len(step) - HASH_LENGTH - 2
    return _joined(step, _plain(name)[: max(room, 0)], _digest(arn))


def _plain(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "-", text).strip("-")


def _joined(*parts: str) -> str:
    return "-".join(part.strip("-") for part in parts if part.strip("-"))


def _digest(arn: str) -> str:
    return hashlib.sha256(arn.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_LENGTH]
