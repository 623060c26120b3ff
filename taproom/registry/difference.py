"""Two versions of a model compared: metrics, parameters, data, code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taproom.registry.documents import at
from taproom.registry.errors import RegistryError
from taproom.registry.quality import LOWER_IS_BETTER
from taproom.registry.record import Record

COUNTS = ("read", "kept", "train", "test", "users", "items")  # of manifest.json
SPLIT = ("strategy", "rule", "seed", "test_fraction", "cut")
DIGESTS = {"ManifestDigest": "manifest digest", "ReviewsDigest": "reviews digest"}


@dataclass(frozen=True)
class Change:
    """A metric in both versions; None where a version was not measured by it."""

    name: str
    before: float | None
    after: float | None

    @property
    def by(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def better(self) -> bool | None:
        """Whether the second version is better; None where they are equal or cannot be compared."""
        if not self.by:
            return None
        return (self.by < 0) == (self.name in LOWER_IS_BETTER)


@dataclass(frozen=True)
class Difference:
    """``first`` and ``second`` as they were named; pairs are (of the first, of the second), None where it has none."""

    first: Record
    second: Record
    metrics: list[Change]
    parameters: dict[str, tuple[Any, Any]]
    data: dict[str, tuple[Any, Any]]
    code: tuple[str | None, str | None]

    @property
    def same_test_set(self) -> bool | None:
        """Whether both were measured on the same reviews; None if a version does not say."""
        before, after = (one.told("ManifestDigest") for one in (self.first, self.second))
        return before == after if before and after else None

    @property
    def same_code(self) -> bool | None:
        before, after = self.code
        return before == after if before and after else None

    def document(self) -> dict[str, Any]:
        def ends(pair: tuple[Any, Any]) -> dict[str, Any]:
            return {"first": pair[0], "second": pair[1]}

        return {
            "schema_version": 1,
            "model": self.first.version.model,
            **ends((self.first.version.number, self.second.version.number)),
            "same_test_set": self.same_test_set,
            "same_code": self.same_code,
            "metrics": {one.name: {**ends((one.before, one.after)), "change": one.by} for one in self.metrics},
            "parameters": {name: ends(pair) for name, pair in self.parameters.items()},
            "data": {name: ends(pair) for name, pair in self.data.items()},
            "code": ends(self.code),
        }


def compare(first: Record, second: Record) -> Difference:
    """What differs (of metrics, all). Raises RegistryError for versions of two models."""
    if first.version.model != second.version.model:
        raise RegistryError(
            f"{first.version.name} and {second.version.name} are different models, which have no metric in common: "
            "compare two versions of one model"
        )
    return Difference(
        first,
        second,
        metrics=_metrics(first, second),
        parameters=_differing(first.parameters, second.parameters),
        data=_differing(_data(first), _data(second)),
        code=(first.told("CodeDigest") or None, second.told("CodeDigest") or None),
    )


def _metrics(first: Record, second: Record) -> list[Change]:
    before, after = first.quality.metrics, second.quality.metrics

    def value(metrics: Any, name: str) -> float | None:
        return metrics[name].value if name in metrics else None

    names = [*before, *(name for name in after if name not in before)]
    return [Change(name, value(before, name), value(after, name)) for name in names]


def _data(record: Record) -> dict[str, Any]:
    """Counts of reviews, users and items, how they were split, and digests: what a version tells of."""
    manifest = record.manifest.content
    told = {name: manifest.get(name) for name in COUNTS}
    told |= {f"split {name}": at(manifest, "split", name) for name in SPLIT}
    told |= {label: record.told(key) for key, label in DIGESTS.items()}
    return {name: value for name, value in told.items() if value not in (None, "")}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = [*before, *(name for name in after if name not in before)]
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
