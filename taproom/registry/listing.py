"""The versions of each model with what their documents tell, for `taproom versions`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taproom.registry.errors import UnknownGroup
from taproom.registry.record import Record, read_record
from taproom.registry.registry import AT_ONCE, Registry, how_to_register
from taproom.registry.version import APPROVED, PENDING, REJECTED, Summary, champion_of

if TYPE_CHECKING:
    from rich.console import Console

    from taproom.account import Account

STATUS = {"approved": APPROVED, "pending": PENDING, "rejected": REJECTED}


@dataclass(frozen=True)
class Listing:
    """Versions of a model, the newest first; ``others`` there are that are not among them.

    ``nothing`` says why there are none.
    """

    model: str
    records: list[Record]
    champion: Summary | None = None
    others: int = 0
    nothing: str = ""

    def document(self) -> dict[str, Any]:
        number = self.champion.number if self.champion else None
        versions = [record.document(record.version.number == number) for record in self.records]
        return {"model": self.model, "champion": number, "versions": versions, "others": self.others}

    def print_to(self, console: Console) -> None:
        from taproom.registry.view_versions import print_versions

        print_versions(console, self)


def list_versions(account: Account, stack: str, models: Sequence[str], status: str | None, limit: int) -> list[Listing]:
    """A listing for each of ``models``. Raises UnknownGroup where none of their groups exists."""
    registry = Registry(account.client("sagemaker"), stack)
    s3 = account.client("s3")
    listings, missing = [], []
    for model in models:
        try:
            listings.append(_listing(registry, s3, model, status, limit))
        except UnknownGroup as error:
            missing.append(error)
            listings.append(Listing(model, [], nothing=str(error)))
    if len(missing) == len(models):
        raise missing[0]
    return listings


def _listing(registry: Registry, s3: Any, model: str, status: str | None, limit: int) -> Listing:
    every = registry.summaries(model)
    chosen = [one for one in every if status is None or one.approval_status == STATUS[status]]
    shown = chosen[:limit]
    if not every:
        nothing = f"no version yet: {how_to_register()}"
    else:
        nothing = "" if chosen else f"none of {len(every)} is {status}"
    records = list(_read(s3, registry.described(shown)))
    return Listing(model, records, champion_of(every), len(every) - len(shown), nothing)


def _read(s3: Any, versions: Iterable[Any]) -> list[Record]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda version: read_record(s3, version), versions))
