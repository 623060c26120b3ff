"""What a few users would be recommended, as the evaluation job wrote it down: evaluation/retrieval/samples.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taproom.registry.documents import objects
from taproom.report.documents import finite, read_object

MOST_USERS, MOST_ITEMS = 8, 20


@dataclass(frozen=True)
class SampleItem:
    """``score`` is what the user gave, or the model's; ``found`` whether the user reviewed it in the test set."""

    item: str
    score: float | None
    found: bool = False


@dataclass(frozen=True)
class Sample:
    """``kind`` is known, history or new; ``user`` "" where it is nobody of the data."""

    kind: str
    user: str
    liked: list[SampleItem] = field(default_factory=list)
    recommended: list[SampleItem] = field(default_factory=list)


def samples_of(folder: Path) -> list[Sample]:
    document = read_object(folder / "evaluation" / "retrieval" / "samples.json")
    return [_sample(one) for one in objects(document.get("samples"))[:MOST_USERS]]


def _sample(told: Mapping[str, Any]) -> Sample:
    liked, recommended = (_items(told.get(name)) for name in ("liked", "recommended"))
    return Sample(str(told.get("kind")), str(told.get("user") or ""), liked, recommended)


def _items(told: Any) -> list[SampleItem]:
    return [
        SampleItem(str(one.get("item")), finite(one.get("score")), one.get("found") is True)
        for one in objects(told)[:MOST_ITEMS]
    ]
