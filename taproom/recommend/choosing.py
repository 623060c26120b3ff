"""Which versions answer a request, and their artifacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from taproom.recommend.artifacts import ArtifactCache
from taproom.recommend.errors import ModelUnusable
from taproom.registry.errors import NotAllowed, UnknownGroup, UnknownVersion
from taproom.registry.names import VersionName, parse_name
from taproom.registry.registry import Registry
from taproom.registry.version import Version

if TYPE_CHECKING:
    from taproom.account import Account

CHAMPION = parse_name("champion")


@dataclass(frozen=True)
class Fetched:
    """A version with the folder of its SavedModel on this machine."""

    version: Version
    folder: Path


@dataclass(frozen=True)
class Chosen:
    """The versions that answer. Without ``ranking``, ``notes`` says why."""

    retrieval: Fetched
    ranking: Fetched | None
    notes: list[str] = field(default_factory=list)


def choose(
    account: Account, stack: str, cache: ArtifactCache, retrieval: VersionName | None, ranking: VersionName | None
) -> Chosen:
    """The named versions, or the champions. Raises RegistryError and ModelUnusable.

    There need be no ranking version, as long as none is named.
    """
    registry, s3 = Registry(account.client("sagemaker"), stack), account.client("s3")

    def fetched(name: VersionName, model: str) -> Fetched:
        version = registry.find(name, model)
        if version.model != model:
            raise NotAllowed(f"{version.name} is no {model} version: name one of {registry.group(model)}")
        return Fetched(version, cache.fetch(s3, version))

    found = fetched(retrieval or CHAMPION, "retrieval")
    if ranking is not None:
        return Chosen(found, fetched(ranking, "ranking"))
    try:
        return Chosen(found, fetched(CHAMPION, "ranking"))
    except (UnknownGroup, UnknownVersion, NotAllowed, ModelUnusable) as error:
        return Chosen(found, None, [not_ranked(error)])


def not_ranked(error: Exception) -> str:
    return f"not ranked, but in retrieval's order: {error}"
