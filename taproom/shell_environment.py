"""The variables that tie other programs (the AWS CLI, the SAM CLI) to the local AWS, and keep them off any other."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from taproom.local.isolation import NO_PROXY, child_environment

NOT_AWS = {
    "SAM_CLI_TELEMETRY": "0",  # the SAM CLI would tell AWS of its use
    "AWS_PAGER": "",
}


def variables(endpoint_url: str, root: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What to set, where ``given`` is the environment so far: its own proxies stay, but not for this machine."""
    from taproom.local.aws import REGION

    made = {**child_environment(endpoint_url, REGION, root), **NOT_AWS}
    for name in ("NO_PROXY", "no_proxy"):
        others = [one for one in given.get(name, "").split(",") if one and one not in NO_PROXY.split(",")]
        made[name] = ",".join([*others, NO_PROXY])
    return made


def misleading(given: Mapping[str, str], made: Mapping[str, str]) -> list[str]:
    """Names of the variables in ``given`` that may lead elsewhere: profiles, endpoints of single services, ..."""
    return sorted(name for name in given if name.startswith(("AWS_", "SAM_CLI_")) and name not in made)


def child(endpoint_url: str, root: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a child process that can reach this local AWS and no other."""
    made = variables(endpoint_url, root, given)
    unwanted = set(misleading(given, made))
    return {**{name: value for name, value in given.items() if name not in unwanted}, **made}


def shell_lines(endpoint_url: str, root: Path, given: Mapping[str, str]) -> list[str]:
    """Lines for a shell whose environment is ``given``: ``unset`` what misleads, ``export`` the rest."""
    made = variables(endpoint_url, root, given)
    unset = [f"unset {name}" for name in misleading(given, made)]
    return unset + [f"export {name}={shlex.quote(value)}" for name, value in made.items()]
