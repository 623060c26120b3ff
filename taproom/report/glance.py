"""The run in a few numbers, for who reads no further."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from taproom.graph.words import time
from taproom.report.data import Data
from taproom.report.documents import finite

LEAST = 0.00005  # USD that are told


def glance_of(took: timedelta, data: Data | None, costs: Mapping[str, Any], cached: int) -> list[tuple[str, str]]:
    """What it is, and the number with its unit; empty where no job ran."""
    if not costs["Jobs"] and not data:
        return []
    counted = {name: number for name, number, _ in data.rows} if data else {}
    told: dict[str, str] = {name: f"{counted[name]:,}" for name in ("users", "items") if name in counted}
    if "kept" in counted and "read" in counted:
        told = {"reviews": f"{counted['kept']:,} of {counted['read']:,}"} | told
    if "test" in counted:
        told["held out"] = f"{counted['test']:,} reviews"
    told["time"] = time(took.total_seconds())
    usd = finite(costs["Usd"])
    if costs["Jobs"]:
        told["cost of the jobs"] = "unknown" if usd is None else f"{usd:.4f} USD" if usd >= LEAST else "next to nothing"
    if cached:
        told["from earlier runs"] = f"{cached} {'steps' if cached > 1 else 'step'}"
    return list(told.items())
