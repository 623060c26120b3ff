"""Numbers of versions as figures: each version has its place, in the order in which they were registered.

Not by date: some runs are minutes apart and others weeks, and both are to be told apart. A number that is not recorded
is a gap, in which a line is broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from taproom.compare.comparison import SIZES, Comparison, Row
from taproom.registry.cells import version_number
from taproom.registry.quality import Measured
from taproom.report.figures import Figure, colours_of, figure
from taproom.report.metrics import OWN, named

DRAWN = {"retrieval": ("accuracy", "ndcg_at_10", "recall_at_100"), "ranking": ("rmse", "mae")}  # of all in the table
THRESHOLD = "threshold"
HEIGHT = 240  # pixels

Series = dict[str, list[Measured | None]]


def figures_of(comparison: Comparison) -> list[Figure]:
    """Metrics, sizes, time and cost; none of what no version has."""
    rows = comparison.rows[::-1]
    told = [_metric(comparison, rows, key) for key in DRAWN[comparison.model] if key in comparison.metrics]
    told.append(_plain(rows, "Reviews", {"reviews": _sizes(rows, "reviews")}, "reviews that were used"))
    sizes = {name: _sizes(rows, name) for name in SIZES if name != "reviews"}
    told.append(_plain(rows, "Users and items", sizes, "how many"))
    trained = _values(row.spending.training_seconds for row in rows)
    told.append(_plain(rows, "Training time", {"seconds": trained}, "billed seconds"))
    told.append(_plain(rows, "Cost of the run", {"USD": _values(row.spending.usd for row in rows)}, "USD"))
    return [one for one in told if one is not None]


def _metric(comparison: Comparison, rows: Sequence[Row], key: str) -> Figure | None:
    series: Series = {
        OWN: [row.metrics.get(key) for row in rows],
        comparison.baseline: [row.baseline(key) for row in rows],
        THRESHOLD: _values(row.threshold(key) for row in rows),
    }
    return _plain(rows, named(key, comparison.k), series, None, zero=False)


def _sizes(rows: Sequence[Row], name: str) -> list[Measured | None]:
    return _values(row.size(name) for row in rows)


def _values(numbers: Iterable[float | None]) -> list[Measured | None]:
    return [None if number is None else Measured(number) for number in numbers]


def _plain(rows: Sequence[Row], title: str, series: Series, axis: str | None, zero: bool = True) -> Figure | None:
    """A line for each series that has a number, a dot for each number, and a bar for each interval."""
    series = {name: numbers for name, numbers in series.items() if any(one is not None for one in numbers)}
    if not series:
        return None
    labels = [version_number(row.version.number, row.champion) for row in rows]
    values, table = [], []
    for name, numbers in series.items():
        for label, one in zip(labels, numbers, strict=True):
            low, high = (None, None) if one is None else (one.lower, one.upper)
            values.append({"version": label, "series": name, "value": one and one.value, "low": low, "high": high})
            if one is not None:
                table.append([label, name, one.value, "" if low is None else low, "" if high is None else high])
    told = f"{title} by version: " + "; ".join(f"{name} {_in_words(labels, one)}" for name, one in series.items())
    with_intervals = any(row[3] != "" for row in table)
    columns = ["version", "of", "value", *(("from", "to") if with_intervals else ())]
    return figure(title, _spec(values, list(series), axis, zero), told, columns, [row[: len(columns)] for row in table])


def _spec(values: list[dict[str, Any]], names: list[str], axis: str | None, zero: bool) -> dict[str, Any]:
    labels = list(dict.fromkeys(one["version"] for one in values))
    x_axis = {"labelAngle": 0, "labelOverlap": True, "grid": False}
    colour = colours_of(names)
    shape = {"field": "series", "type": "nominal", "scale": {"domain": names}, "legend": colour["legend"]}
    vertical = {"field": "value", "type": "quantitative", "title": axis, "scale": {"zero": zero}}
    return {
        "height": HEIGHT,
        "encoding": {
            "x": {"field": "version", "type": "ordinal", "sort": labels, "title": "version", "axis": x_axis},
            "color": colour,
        },
        "layer": [
            {
                "data": {"values": values},
                # its dots say what they are, the line would say only what its first one is
                "mark": {"type": "line", "invalid": "break-paths-filter-domains", "aria": False},
                "encoding": {"y": vertical},
            },
            {
                "data": {"values": [one for one in values if one["low"] is not None and one["high"] is not None]},
                "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
                "encoding": {"y": {**vertical, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "data": {"values": [one for one in values if one["value"] is not None]},
                "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
                "encoding": {"y": vertical, "shape": shape},
            },
        ],
    }


def _in_words(labels: Sequence[str], numbers: Sequence[Measured | None]) -> str:
    told = zip(labels, numbers, strict=True)
    return ", ".join(f"{label}: {'not recorded' if one is None else f'{one.value:.6g}'}" for label, one in told)
