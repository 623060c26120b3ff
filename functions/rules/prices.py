"""What an hour of an instance costs: by prices.json, which names region and dates, or by the execution input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("prices.json")
GIVEN = "UsdPerHour of the execution input"


@dataclass(frozen=True)
class Price:
    """USD an hour for one instance, in which region and when. ``date`` is empty for a price that was given."""

    usd_per_hour: Decimal
    region: str
    date: str = ""

    @property
    def of(self) -> str:
        return f"{self.region}, {self.date}" if self.date else self.region


@dataclass(frozen=True)
class Prices:
    """Prices by instance type."""

    known: Mapping[str, Price]

    def of(self, instance_type: str) -> Price | None:
        """None where the price is not known; it is never guessed from other types."""
        return self.known.get(instance_type)

    def with_given(self, given: Mapping[str, float]) -> Prices:
        """These prices, but those that the execution input gives instead of ours."""
        own = {instance_type: Price(Decimal(str(usd)), GIVEN) for instance_type, usd in given.items()}
        return Prices({**self.known, **own})


@cache
def listed_prices() -> Prices:
    """The prices of prices.json."""
    table = json.loads(TABLE.read_text(encoding="utf-8"), parse_float=Decimal)
    return Prices(
        {
            instance_type: Price(usd, table["region"], group["date"])
            for group in table["groups"]
            for instance_type, usd in group["usd_per_hour"].items()
        }
    )
