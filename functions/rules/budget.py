"""What the planned jobs cost at most, and the refusal of a run that may cost more than it is allowed to.

A job costs instances x USD an hour x MaxRuntimeInSeconds at most: SageMaker stops it then. That is each job once. A job
that goes round again after an internal error of SageMaker is a further one and is not in it, nor are volumes and S3.
The prices are on-demand ones. A spot instance never costs more, and waiting for one costs nothing, so the bound holds
with UseSpot too; what is paid is usually far below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from rules.prices import Price, Prices
from rules.scripts import MODELS

HOUR = 3600  # seconds
UNKNOWN = "unknown price"
STEP = Decimal("0.0001")  # USD; amounts are rounded up to it, so that the bound stays one


class OverBudget(ValueError):
    """The jobs may cost more than MaxUsd."""


class UnknownPrice(ValueError):
    """MaxUsd is set, but what a job costs is not known."""


@dataclass(frozen=True)
class Step:
    """A job's machine and limit; ``price`` is None where it is not known."""

    name: str
    instance_type: str
    instance_count: int
    max_runtime: int  # seconds
    price: Price | None

    @property
    def at_most(self) -> Decimal | None:
        """USD, rounded up; None where the price is not known."""
        if self.price is None:
            return None
        usd = self.instance_count * self.price.usd_per_hour * self.max_runtime / HOUR
        return usd.quantize(STEP, rounding=ROUND_CEILING)

    def document(self) -> dict[str, Any]:
        return {
            "InstanceType": self.instance_type,
            "InstanceCount": self.instance_count,
            "UsdPerHour": None if self.price is None else float(self.price.usd_per_hour),
            "PriceOf": UNKNOWN if self.price is None else self.price.of,
            "MaxRuntimeInSeconds": self.max_runtime,
            "AtMost": None if self.at_most is None else float(self.at_most),
        }


@dataclass(frozen=True)
class Budget:
    """The jobs of a run in the order in which they start."""

    steps: tuple[Step, ...]

    @property
    def at_most(self) -> Decimal | None:
        """USD that all jobs together cost at most; None where one's price is not known."""
        amounts = [amount for step in self.steps if (amount := step.at_most) is not None]
        return sum(amounts, Decimal(0)) if len(amounts) == len(self.steps) else None

    @property
    def prices_of(self) -> str:
        """Whose prices these are: the region and the oldest date of the listed ones, the execution input for others."""
        oldest: dict[str, Price] = {}
        for price in sorted((step.price for step in self.steps if step.price), key=lambda price: price.date):
            oldest.setdefault(price.region, price)
        return "; ".join(price.of for price in oldest.values()) or UNKNOWN

    def document(self) -> dict[str, Any]:
        return {
            "Currency": "USD",
            "PricesOf": self.prices_of,
            "AtMost": None if self.at_most is None else float(self.at_most),
            "Steps": {step.name: step.document() for step in self.steps},
        }

    def keep_to(self, max_usd: float | None) -> None:
        """Refuse a run that may cost more than ``max_usd`` (None: no limit). Raises OverBudget and UnknownPrice."""
        if max_usd is None:
            return
        at_most = self.at_most
        if at_most is None:
            raise UnknownPrice(_unknown(max_usd, [step for step in self.steps if step.price is None]))
        if at_most > Decimal(str(max_usd)):
            raise OverBudget(self._over(max_usd, at_most))

    def _over(self, max_usd: float, at_most: Decimal) -> str:
        dearest = max(self.steps, key=lambda step: step.at_most or Decimal(0))
        assert dearest.at_most is not None  # keep_to has seen to that
        assert dearest.price is not None
        limit, machine = _lowered(dearest.name)
        return (
            f"the jobs may cost up to {_usd(at_most)} USD (prices of {self.prices_of}), but MaxUsd is {max_usd}. "
            f"The dearest step is {dearest.name} with {_usd(dearest.at_most)} USD: {dearest.instance_count} x "
            f"{dearest.instance_type} at {dearest.price.usd_per_hour} USD an hour for {dearest.max_runtime} s. "
            f"Lower {limit}, choose a cheaper {machine}, or raise MaxUsd"
        )


def budget_of(plan: Mapping[str, Any], prices: Prices) -> Budget:
    """The budget of the jobs that ``plan`` (the document of all jobs' plans) names."""
    jobs = {"Preprocess": plan["Preprocess"]}
    for kind in ("Train", "Evaluate"):
        jobs |= {f"{kind}{model}": plan[model][kind] for model in MODELS}
    return Budget(
        tuple(
            Step(
                name,
                job["InstanceType"],
                job.get("InstanceCount", 1),  # of jobs that can only have one it is not planned
                job["MaxRuntimeInSeconds"],
                prices.of(job["InstanceType"]),
            )
            for name, job in jobs.items()
        )
    )


def _unknown(max_usd: float, steps: list[Step]) -> str:
    types = sorted({step.instance_type for step in steps})
    return (
        f"MaxUsd {max_usd} cannot be kept to: the price of {' and '.join(types)} is unknown "
        f'({", ".join(step.name for step in steps)}). Give it, such as UsdPerHour {{"{types[0]}": 1.5}}, choose an '
        "instance type whose price is listed in functions/rules/prices.json, or leave MaxUsd out"
    )


def _lowered(step: str) -> tuple[str, str]:
    """The parameters that make a step cheaper: its limit's and its machine's."""
    kind = next(kind for kind in ("Preprocess", "Train", "Evaluate") if step.startswith(kind))
    machine = "TrainingInstanceType" if kind == "Train" else "ProcessingInstanceType"
    return f"MaxRuntimeInSeconds.{kind}", machine


def _usd(amount: Decimal) -> str:
    """At least cents, no zeros behind them."""
    text = f"{amount.normalize():f}"
    return text if len(text.partition(".")[2]) >= 2 else f"{amount:.2f}"
