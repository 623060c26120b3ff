"""What a run's jobs cost: billed seconds by the jobs' descriptions, USD by the prices that Prepare answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.budget import HOUR
from rules.run_history import RunHistory

DECIMALS = 4  # of USD


@dataclass(frozen=True)
class RunCost:
    """``seconds`` are billed ones. ``usd`` is None where a price is not known.

    ``open_jobs`` have no end in the history: what they cost is not in it.
    """

    jobs: int
    open_jobs: int
    seconds: float
    usd: float | None
    at_most: float | None = None
    prices_of: str = ""

    @property
    def is_known(self) -> bool:
        return self.usd is not None and not self.open_jobs

    def sentence(self) -> str:
        if not self.jobs:
            return "0 USD: no job ran"
        if self.usd is None:
            return f"unknown, as a price is, for {self.seconds:.0f} billed seconds"
        of = "" if self.at_most is None else f" of at most {self.at_most:.2f} USD"
        told = f"{self.usd:.4f} USD{of}, for {self.seconds:.0f} billed seconds (prices of {self.prices_of})"
        if not self.open_jobs:
            return told
        jobs = "one job that was" if self.open_jobs == 1 else f"{self.open_jobs} jobs that were"
        return f"at least {told}, without {jobs} stopped with the run"


def cost_of(history: RunHistory) -> RunCost:
    budget: Mapping[str, Any] = history.prepared.get("Budget") or {}
    prices = {step: one.get("UsdPerHour") for step, one in (budget.get("Steps") or {}).items()}
    ended = [(job.step, job.seconds) for job in history.jobs.values() if job.seconds is not None]
    unpriced = any(prices.get(job.step) is None for job in history.jobs.values())
    usd = None if unpriced else round(sum(seconds * prices[step] / HOUR for step, seconds in ended), DECIMALS)
    return RunCost(
        len(history.jobs),
        len(history.jobs) - len(ended),
        round(sum(seconds for _, seconds in ended), 3),
        usd,
        budget.get("AtMost"),
        str(budget.get("PricesOf") or ""),
    )
