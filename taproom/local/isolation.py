"""Keeps the local AWS apart from the user's real one: no setting, profile, endpoint or proxy of theirs is read.

Two walls: ``IsolatedSession`` reads neither environment variables nor files, and while a local AWS runs, this
process's own ``AWS_*`` variables are replaced, since moto makes sessions of its own in many places.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

KEY = "local"
NO_PROXY = "127.0.0.1,localhost"


class IsolatedSession:
    """Makes boto3 clients that read nothing of the user's; one at a time, as botocore's sessions ask for."""

    def __init__(self, region: str) -> None:
        self._session = _session(region)
        self._lock = threading.Lock()

    def client(self, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            return self._session.client(*args, **kwargs)

    def client_of(self, service: str, endpoint_url: str, **credentials: str) -> Any:
        """A client of ``endpoint_url`` alone. Without proxies: one would carry the requests off this machine.

        Without ``credentials`` (boto3's arguments) it is the administrator's.
        """
        from botocore.config import Config

        config = Config(proxies={}, s3={"addressing_style": "path"}, max_pool_connections=32)
        return self.client(service, endpoint_url=endpoint_url, config=config, **credentials)


def _session(region: str) -> Any:
    """A boto3 session that looks at no environment variable and no configuration file."""
    import boto3
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
    from botocore.session import Session

    nothing = {
        name: (key, None, os.devnull if name in ("config_file", "credentials_file") else default, convert)
        for name, (key, _variable, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    core = Session(session_vars=nothing)
    core.set_credentials(KEY, KEY)
    core.set_config_variable("region", region)
    return boto3.Session(botocore_session=core)


def child_environment(endpoint_url: str, region: str, root: Path) -> dict[str, str]:
    """``AWS_*`` variables for a child process: dummy credentials, this endpoint, and no file to read others from."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_SESSION_TOKEN": KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_CONFIG_FILE": str(root / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(root / "no-aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": NO_PROXY,
        "no_proxy": NO_PROXY,
    }


def install(aws: LocalAws) -> None:
    """Replace this process's ``AWS_*`` variables until the local AWS stops."""
    import boto3

    before = dict(os.environ)
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy"}
    touched = {name for name in before if name.startswith("AWS_") or name in proxies}
    # the endpoint is not known yet and not needed here: whoever makes a client in this process names it
    replacement = child_environment("http://127.0.0.1:9", aws.region, aws.root)
    for name in touched:
        del os.environ[name]
    os.environ.update(replacement)

    default_session = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = None

    def restore() -> None:
        boto3.DEFAULT_SESSION = default_session
        for name in replacement:
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in before if name in touched or name in replacement})

    aws.on_stop(restore)
