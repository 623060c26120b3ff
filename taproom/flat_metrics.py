"""The flat metrics of a result, put side by side: the model's own, the champion's and the baselines'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OTHERS = {"champion": "champion_", "popularity": "popularity_", "bias": "bias_", "global mean": "global_mean_"}


def side_by_side(metrics: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Column names (metric, model, and the others that were measured) and a row for each of the model's metrics.

    Where one was not measured the row has None.
    """
    others = {name: prefix for name, prefix in OTHERS.items() if any(key.startswith(prefix) for key in metrics)}
    own = [key for key in metrics if not key.startswith(tuple(OTHERS.values()))]
    rows = [[key, metrics[key], *(metrics.get(prefix + key) for prefix in others.values())] for key in own]
    return ["metric", "model", *others], rows
