"""What evaluation.json says of a model: its metrics with their intervals, beside baselines, champion and threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taproom.charts.colours import LIGHT
from taproom.registry.documents import at
from taproom.registry.quality import BASELINES, CHAMPION, LOWER_IS_BETTER, MAIN_METRIC, Measured, Quality, quality_of
from taproom.report.documents import count, finite, object_of
from taproom.report.figures import Figure, colours_of, figure

OWN = "model"
NAMES = {
    "ndcg_at_10": "NDCG at 10",
    "mrr": "MRR",
    "rmse": "RMSE",
    "mae": "MAE",
    "mse": "MSE",
    "r2": "R²",
}
RECALL = "recall_at_"
SLICED = {"retrieval": ("accuracy", "recall_at_100"), "ranking": ("rmse",)}
THRESHOLD_OF = {"retrieval": "accuracy", "ranking": "rmse"}  # where the gate does not name its metric
SHOWN_TOGETHER = {"retrieval": None, "ranking": ("rmse", "mae")}  # on one axis; None: all of them
ROW = 13  # pixels of one measured value in a chart of intervals
AROUND = 70  # pixels of its axis and legend


@dataclass(frozen=True)
class MetricRow:
    """A metric of the model and of the others, and the gate's threshold of it, if it has one."""

    key: str
    name: str
    measured: Measured
    others: list[Measured | None]
    threshold: float | None = None
    lower_is_better: bool = False


@dataclass(frozen=True)
class SliceRow:
    name: str
    size: str
    values: list[Measured | None]


@dataclass(frozen=True)
class Metrics:
    """Everything of one model. ``columns`` are the others' names; ``slice_columns`` the metrics of the slices."""

    model: str
    columns: list[str]
    rows: list[MetricRow]
    facts: list[tuple[str, int]] = field(default_factory=list)
    champion: str = ""
    slice_columns: list[str] = field(default_factory=list)
    slices: list[SliceRow] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    @property
    def has_threshold(self) -> bool:
        return any(row.threshold is not None for row in self.rows)


def metrics_of(model: str, evaluation: Any, gate: Mapping[str, Any]) -> Metrics | None:
    """``model`` is retrieval or ranking; ``gate`` the gate's parameters. None where nothing was measured."""
    evaluation = object_of(evaluation)
    quality = quality_of(model, evaluation, {})
    if not quality.metrics:
        return None
    k = count(evaluation.get("k"))
    others = [name for name in (*BASELINES[model], CHAMPION) if name in quality.others]
    limits = _limits(model, gate)
    rows = [
        MetricRow(
            key,
            named(key, k),
            one,
            [quality.others[other].get(key) for other in others],
            limits.get(key),
            key in LOWER_IS_BETTER,
        )
        for key, one in sorted(quality.metrics.items(), key=lambda told: told[0] != MAIN_METRIC[model])
    ]
    sliced = _sliced(model, evaluation)
    told = [figure for figure in (_intervals(model, rows, others), _by_k(quality, others)) if figure]
    told += [_by_slice(key, named(key, k), sliced) for key in SLICED[model] if _has(key, sliced)]
    return Metrics(
        model,
        [other.replace("_", " ") for other in others],
        rows,
        [(name.replace("_", " "), number) for name, number in _facts(evaluation)],
        _champion(evaluation),
        [named(key, k) for key in SLICED[model]],
        [_slice_row(name, size, own, model) for name, size, own, _ in sliced],
        told,
    )


def named(key: str, k: int | None = None) -> str:
    """A metric as people call it."""
    if key == "accuracy":
        return f"top-{k} accuracy" if k else "accuracy"
    return NAMES.get(key, key.replace("_", " "))


def _facts(evaluation: Mapping[str, Any]) -> list[tuple[str, int]]:
    keys = ("users", "items", "held_out", "held_out_unknown_to_model", "users_unknown_to_train")
    return [(key, number) for key in keys if (number := count(evaluation.get(key))) is not None]


def _limits(model: str, gate: Mapping[str, Any]) -> dict[str, float]:
    """The gate's threshold, by the metric that it is of."""
    limit = finite(gate.get("threshold"))
    if limit is None:
        return {}
    path = gate.get("metric")
    return {path.rpartition(".")[2] if isinstance(path, str) else THRESHOLD_OF[model]: limit}


def _champion(evaluation: Mapping[str, Any]) -> str:
    """What is to be known of the champion, in words."""
    told = object_of(evaluation.get("champion"))
    version, reason = told.get("version"), told.get("reason")
    if at(told, "metrics"):
        return f"The champion is version {version}." if version else "There is a champion."
    return f"No champion beside it: {reason}." if reason else ""


def _intervals(model: str, rows: list[MetricRow], others: list[str]) -> Figure | None:
    """A dot for each value and a line for its interval; the threshold is a tick."""
    together = SHOWN_TOGETHER[model]
    rows = [row for row in rows if together is None or row.key in together]
    series = [OWN, *(other.replace("_", " ") for other in others)]
    values: list[dict[str, Any]] = []
    table: list[list[Any]] = []
    for row in rows:
        for name, one in zip(series, [row.measured, *row.others], strict=True):
            if one is not None:
                low, high = _bounds(one)
                values.append({"metric": row.name, "series": name, "value": one.value, "low": low, "high": high})
                table.append([row.name, name, one.value, low, high])
    limits = [{"metric": row.name, "value": row.threshold} for row in rows if row.threshold is not None]
    table += [[limit["metric"], "threshold", limit["value"], "", ""] for limit in limits]
    if not values:
        return None
    names = [row.name for row in rows]
    height = AROUND + ROW * (len(series) + 1) * len(names)
    # the threshold's mark is as high as its metric's room
    mark = {"type": "tick", "size": ROW * (len(series) + 1) - 8, "thickness": 2, "color": LIGHT["ink"]}
    limit_layer = {
        "data": {"values": limits},
        "mark": mark,
        "encoding": {"x": {"field": "value", "type": "quantitative"}, "y": {"field": "metric", "sort": names}},
    }
    spec = {"height": height, "layer": _dots(values, "metric", names, series) + ([limit_layer] if limits else [])}
    mark_told = f"; the mark is the threshold {limits[0]['value']:g}" if limits else ""
    told = "; ".join(f"{row.name} {row.measured.value:.4f}" for row in rows)
    return figure(f"Values with 95 % intervals{mark_told}", spec, told, ["metric", "of", "value", "from", "to"], table)


def _by_k(quality: Quality, others: list[str]) -> Figure | None:
    """Recall of longer and longer lists."""
    whose = {OWN: quality.metrics} | {name: quality.others[name] for name in others}
    values: list[dict[str, Any]] = []
    table: list[list[Any]] = []
    for name, metrics in whose.items():
        for key, one in metrics.items():
            length = key.removeprefix(RECALL)
            if key.startswith(RECALL) and length.isdigit():
                low, high = _bounds(one)
                of = name.replace("_", " ")
                values.append({"series": of, "k": int(length), "value": one.value, "low": low, "high": high})
                table.append([int(length), of, one.value, low, high])
    ks = sorted({one["k"] for one in values})
    if len(ks) < 2:
        return None
    series = list(dict.fromkeys(one["series"] for one in values))
    axis = {"values": ks, "grid": False}
    horizontal = {"field": "k", "type": "quantitative", "scale": {"type": "log"}, "title": "length k of the list"}
    colour = colours_of(series)
    spec = {
        "height": 260,
        "data": {"values": values},
        "encoding": {"x": {**horizontal, "axis": axis}, "color": colour},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.18},
                "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "point": {"size": 30}},
                "encoding": {"y": {"field": "value", "type": "quantitative", "title": "recall at k"}},
            },
        ],
    }
    told = "; ".join(f"recall at {one['k']} {one['value']:.4f}" for one in values if one["series"] == OWN)
    return figure("Recall by k", spec, told, ["k", "of", "recall", "from", "to"], table)


Sliced = list[tuple[str, str, dict[str, Any], dict[str, Any]]]


def _sliced(model: str, evaluation: Mapping[str, Any]) -> Sliced:
    """Each slice: its name, its size in words, the model's metrics on it, and the champion's."""
    champion = object_of(at(evaluation, "champion", "slices"))
    told = []
    for name, one in object_of(evaluation.get("slices")).items():
        one = object_of(one)
        size = next((f"{one[unit]:,} {words}" for unit, words in UNITS.items() if count(one.get(unit)) is not None), "")
        told.append((str(name).replace("_", " "), size, one, object_of(champion.get(name))))
    return told


UNITS = {"held_out": "reviews", "users": "users"}


def _has(key: str, sliced: Sliced) -> bool:
    return any(_measured(own.get(key)) for _, _, own, _ in sliced)


def _slice_row(name: str, size: str, own: dict[str, Any], model: str) -> SliceRow:
    return SliceRow(name, size, [_measured(own.get(key)) for key in SLICED[model]])


def _by_slice(key: str, name: str, sliced: Sliced) -> Figure:
    values: list[dict[str, Any]] = []
    table: list[list[Any]] = []
    for slice_name, _, own, champion in sliced:
        for of, metrics in ((OWN, own), (CHAMPION, champion)):
            if one := _measured(metrics.get(key)):
                low, high = _bounds(one)
                values.append({"slice": slice_name, "series": of, "value": one.value, "low": low, "high": high})
                table.append([slice_name, of, one.value, low, high])
    names = list(dict.fromkeys(one["slice"] for one in values))
    series = list(dict.fromkeys(one["series"] for one in values))
    height = AROUND + ROW * (len(series) + 1) * len(names)
    spec = {"height": height, "layer": _dots(values, "slice", names, series)}
    told = "; ".join(f"{one['slice']} {one['value']:.4f}" for one in values if one["series"] == OWN)
    return figure(f"{name} by slice", spec, told, ["slice", "of", name, "from", "to"], table)


def _dots(values: list[dict[str, Any]], rows: str, names: list[str], series: list[str]) -> list[dict[str, Any]]:
    """Layers of a chart: per row of ``rows``, a dot for each series on a line from ``low`` to ``high``."""
    axis = {"labelColor": LIGHT["ink"], "domain": False, "ticks": False, "labelPadding": 8}
    shared = {
        "y": {"field": rows, "type": "nominal", "sort": names, "title": None, "axis": axis},
        "yOffset": {"field": "series", "sort": series, "scale": {"paddingOuter": 0.8}},
        "color": colours_of(series),
    }
    low = {"field": "low", "type": "quantitative", "title": None, "scale": {"zero": False}}
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
            "encoding": {**shared, "x": low, "x2": {"field": "high"}},
        },
        {
            "data": {"values": values},
            "mark": {"type": "point", "filled": True, "size": 40, "opacity": 1},
            "encoding": {**shared, "x": {"field": "value", "type": "quantitative"}},
        },
    ]


def _bounds(one: Measured) -> tuple[float, float]:
    """The interval; the value itself where there is none."""
    return (one.value, one.value) if one.lower is None or one.upper is None else (one.lower, one.upper)


def _measured(told: Any) -> Measured | None:
    value = finite(at(told, "value"))
    return None if value is None else Measured(value, finite(at(told, "lower")), finite(at(told, "upper")))
