"""What the commands on an account share: options that choose it, and errors in one line instead of a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from taproom.account import Account

URL = re.compile(r"https?://[^\s/]+/?")
WORK = Path(__file__).resolve().parents[2] / ".taproom"
# a stack's name as CloudFormation has it, with room for -retrieval in a group's 63 characters
STACK = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,51}")


@dataclass(frozen=True)
class Place:
    """Where a command works: the local AWS of a folder, or an account on AWS; and the stack in it."""

    work: Path
    profile: str | None
    region: str | None
    endpoint_url: str | None
    stack: str

    @property
    def names_account(self) -> bool:
        """Whether an option names an account, or an endpoint: else it is the local AWS of the folder."""
        return any(option is not None for option in (self.profile, self.region, self.endpoint_url))

    @contextmanager
    def opened(self) -> Iterator[Account]:
        """Raises ClickException for what can be expected to go wrong, in here and in the ``with`` block."""
        from taproom.account import opened

        with (
            faults_told(),
            opened(self.work, profile=self.profile, region=self.region, endpoint_url=self.endpoint_url) as account,
        ):
            yield account


def on_account(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the options that choose an account, as its first argument a Place, and ``as_json``."""

    @click.option("--profile", metavar="NAME", help="Profile of the AWS configuration: works on that account.")
    @click.option("--region", metavar="NAME", help="Region of AWS: works on an account there.")
    @click.option(
        "--endpoint-url", metavar="URL", callback=_url, help="Another endpoint than AWS, such as a local AWS's."
    )
    @click.option("--work", type=click.Path(path_type=Path), help="Folder of the local AWS. Default: .taproom/ here.")
    @click.option(
        "--stack", default="taproom", show_default=True, metavar="NAME", callback=_stack, help="The stack's name."
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
    @wraps(command)
    def wrapped(
        profile: str | None, region: str | None, endpoint_url: str | None, work: Path | None, stack: str, **others: Any
    ) -> Any:
        return command(Place((work or WORK).absolute(), profile, region, endpoint_url, stack), **others)

    return wrapped


@contextmanager
def faults_told() -> Iterator[None]:
    """Raises ClickException, one line, for what can be expected to go wrong in the ``with`` block."""
    from botocore.exceptions import BotoCoreError, ClientError

    from taproom.account import NoRegion
    from taproom.executions import ExecutionError
    from taproom.faults import in_words
    from taproom.local.durable.store import StoreUnusable
    from taproom.local.instance_lock import AlreadyRunning
    from taproom.printable import printable
    from taproom.recommend.errors import RecommendError
    from taproom.registry.errors import RegistryError

    try:
        yield
    except (RegistryError, RecommendError, ExecutionError, NoRegion, AlreadyRunning, StoreUnusable) as error:
        raise click.ClickException(printable(str(error))) from error
    except (BotoCoreError, ClientError) as error:
        raise click.ClickException(in_words(error)) from error


def console() -> Console:
    """The terminal's width, or 80 characters and no colours where the output goes elsewhere."""
    from rich.console import Console

    return Console(highlight=False)


def print_json(document: Any) -> None:
    import json

    click.echo(json.dumps(document, indent=2, allow_nan=False))


def _url(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not URL.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no URL of an endpoint, such as http://127.0.0.1:5000")
    return value


def _stack(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not STACK.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no stack's name: a letter, then up to 51 letters, digits and hyphens")
    return value
