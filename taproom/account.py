"""Which AWS a command talks to: the local one of a work folder, or a real account. Both through boto3."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

START_LIMIT = 30.0  # seconds that a local AWS which another process is just starting or ending may take


class NoRegion(RuntimeError):
    """A real account was asked for, but no region."""


@dataclass(frozen=True)
class Account:
    """An AWS account in one region. ``client(service)`` is a boto3 client; ``endpoint_url`` is None for AWS's own."""

    client: Callable[[str], Any]
    is_local: bool
    region: str
    endpoint_url: str | None


@contextmanager
def opened(
    work: Path, *, profile: str | None = None, region: str | None = None, endpoint_url: str | None = None
) -> Iterator[Account]:
    """The account that the options name; without any option the local AWS of the folder ``work``.

    The local AWS of another process (a `taproom run` that is under way) is used as it is; where none runs, one is
    started for the time of the context, on what earlier runs left there. Options mean what they mean to boto3.
    Raises NoRegion, AlreadyRunning (a local AWS that is stuck as it starts) and StoreUnusable.
    """
    if profile is None and region is None and endpoint_url is None:
        with ExitStack() as stack:
            yield _local(work / "aws", stack)
    else:
        yield _real(profile, region, endpoint_url)


def is_running(work: Path) -> bool:
    """Whether a process has announced a local AWS in the folder ``work``, and is still there."""
    from taproom.local.instance_lock import is_alive

    try:
        return is_alive(json.loads((work / "aws" / "endpoint.json").read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError):
        return False


def _real(profile: str | None, region: str | None, endpoint_url: str | None) -> Account:
    import boto3

    session = boto3.Session(profile_name=profile, region_name=region)
    if session.region_name is None:
        raise NoRegion("no AWS region: give one (--region), or set it in the profile or as AWS_REGION")

    client = cache(lambda service: session.client(service, endpoint_url=endpoint_url))
    return Account(client, is_local=False, region=session.region_name, endpoint_url=endpoint_url)


def _local(root: Path, stack: ExitStack) -> Account:
    """The running local AWS of ``root``; else one that ``stack`` takes down again."""
    from taproom.local.aws import LocalAws
    from taproom.local.instance_lock import AlreadyRunning

    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            aws = stack.enter_context(LocalAws(root))
        except AlreadyRunning as running:
            if running.endpoint_url is None and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            if running.endpoint_url is None:
                raise
            return _running_local(running.endpoint_url)
        return Account(aws.client, True, aws.region, aws.endpoint_url)


def _running_local(endpoint_url: str) -> Account:
    from taproom.local.aws import REGION
    from taproom.local.isolation import IsolatedSession

    session = IsolatedSession(REGION)
    client = cache(lambda service: session.client_of(service, endpoint_url))
    return Account(client, True, REGION, endpoint_url)
