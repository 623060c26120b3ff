"""Versions of a model as rows of numbers, and what changed from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from taproom.compare.spending import Books, Spending
from taproom.ending import name_of
from taproom.registry.difference import Difference
from taproom.registry.difference import compare as difference_of
from taproom.registry.documents import at
from taproom.registry.listing import Listing, list_versions
from taproom.registry.quality import BASELINES, MAIN_METRIC, Measured
from taproom.registry.record import Record
from taproom.registry.registry import AT_ONCE
from taproom.registry.version import Version
from taproom.report.documents import count, finite

if TYPE_CHECKING:
    from taproom.account import Account

SIZES = {"reviews": "kept", "users": "users", "items": "items"}  # keys of manifest.json, by what they are called here


@dataclass(frozen=True)
class Row:
    """A version and its numbers; what is not recorded is None."""

    record: Record
    champion: bool
    spending: Spending

    @property
    def version(self) -> Version:
        return self.record.version

    @property
    def metrics(self) -> dict[str, Measured]:
        return self.record.quality.metrics

    def baseline(self, metric: str) -> Measured | None:
        """What the model's first baseline reached on the same held-out reviews."""
        return self.record.quality.others.get(BASELINES[self.version.model][0], {}).get(metric)

    def threshold(self, metric: str) -> float | None:
        """The gate's threshold, where it is of this metric."""
        path = at(self.record.gate.content, "parameters", "metric")
        is_of = isinstance(path, str) and path.rpartition(".")[2] == metric
        return finite(at(self.record.gate.content, "parameters", "threshold")) if is_of else None

    def size(self, name: str) -> int | None:
        """How many reviews, users or items (see SIZES) were left after dropping."""
        return count(self.record.manifest.content.get(SIZES[name]))

    @property
    def passed(self) -> bool | None:
        """What the gate said."""
        said = self.record.gate.content.get("passed")
        return said if isinstance(said, bool) else None

    @property
    def reason(self) -> str:
        said = self.record.gate.content.get("reason")
        return said if isinstance(said, str) else ""

    @property
    def execution(self) -> str:
        return name_of(self.record.told("ExecutionArn"))

    @property
    def missing(self) -> dict[str, str]:
        """Why something is a gap, by what it is."""
        return {**self.record.missing, **self.spending.missing}

    def document(self) -> dict[str, Any]:
        version, main = self.version, MAIN_METRIC[self.version.model]
        return {
            "version": version.number,
            "model_package_arn": version.arn,
            "approval_status": version.approval_status,
            "champion": self.champion,
            "created": version.created.isoformat(),
            "execution": self.execution or None,
            **self.record.quality.document(),
            "threshold": {key: limit for key in self.metrics or (main,) if (limit := self.threshold(key)) is not None},
            "gate": {"passed": self.passed, "reason": self.reason or None},
            **{name: self.size(name) for name in SIZES},
            "training_seconds": self.spending.training_seconds,
            "usd": self.spending.usd,
            "missing": self.missing,
        }


@dataclass(frozen=True)
class Comparison:
    """The last versions of a model, the newest first. ``changes`` are from each one's predecessor to it."""

    listing: Listing
    rows: list[Row]

    @property
    def model(self) -> str:
        return self.listing.model

    @property
    def metrics(self) -> list[str]:
        """Every metric of any row, in the order of evaluation.json."""
        return list(dict.fromkeys(name for row in self.rows for name in row.metrics))

    @property
    def baseline(self) -> str:
        return BASELINES[self.model][0].replace("_", " ")

    @property
    def k(self) -> int | None:
        """The length of the lists that top-k accuracy is of, where all that tell it have the same."""
        lengths = {count(row.record.evaluation.content.get("k")) for row in self.rows} - {None}
        return lengths.pop() if len(lengths) == 1 else None

    @property
    def champion(self) -> Row | None:
        return next((row for row in self.rows if row.champion), None)

    @property
    def changes(self) -> list[Difference]:
        return [difference_of(before.record, after.record) for after, before in pairwise(self.rows)]

    def document(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "champion": self.listing.champion.number if self.listing.champion else None,
            "versions": [row.document() for row in self.rows],
            "changes": [one.document() for one in self.changes],
            "others": self.listing.others,
        }


def compare_versions(account: Account, stack: str, models: Sequence[str], last: int) -> list[Comparison]:
    """The ``last`` versions of each of ``models``. Raises UnknownGroup where none of their groups exists."""
    books = Books(account.client("s3"), account.client("sagemaker"))
    return [_comparison(listing, books) for listing in list_versions(account, stack, models, None, last)]


def _comparison(listing: Listing, books: Books) -> Comparison:
    champion = listing.champion.arn if listing.champion else None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        spent = list(pool.map(books.of, listing.records))
    rows = [
        Row(record, record.version.arn == champion, one) for record, one in zip(listing.records, spent, strict=True)
    ]
    return Comparison(listing, rows)
