"""How scores are distributed, and how many reviews items and users have: counted in the Parquet files themselves."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from taproom.charts.colours import LIGHT
from taproom.report.figures import Figure, colours_of, figure

SIDES = ("train", "test")
MOST_BARS = 21  # of different scores; more are put together
BINS = 20


def distributions(folder: Path) -> list[Figure]:
    """The charts of ``train.parquet`` and ``test.parquet``; none where they cannot be read."""
    import pyarrow as pa

    try:
        scores = {side: _column(folder, side, "score") for side in SIDES}
        figures = [_scores(scores)]
        figures += [_reviews_per(who, _counts(folder, who)) for who in ("item", "user")]
    except (OSError, KeyError, pa.ArrowException):
        return []
    return [one for one in figures if one is not None]


def _column(folder: Path, side: str, name: str) -> Any:
    """A numpy array of the column's numbers, those that are none left out."""
    import numpy as np
    import pyarrow.parquet as pq

    column = pq.read_table(folder / f"{side}.parquet", columns=[name])[name]
    numbers = column.cast("double").to_numpy()
    return numbers[np.isfinite(numbers)]


def _counts(folder: Path, who: str) -> Any:
    """Reviews of each item or user, in no order."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    sides = [pq.read_table(folder / f"{side}.parquet", columns=[who])[who].cast(pa.string()) for side in SIDES]
    together = pa.chunked_array([chunk for side in sides for chunk in side.chunks], pa.string())
    return pc.value_counts(together).field("counts").to_numpy(zero_copy_only=False)


def _scores(scores: Mapping[str, Any]) -> Figure | None:
    import numpy as np

    everything = np.concatenate(list(scores.values()))
    if not len(everything):
        return None
    values = np.unique(everything)
    if len(values) <= MOST_BARS:
        labels = [f"{value:g}" for value in values]
        counted = {side: [int(np.count_nonzero(of == value)) for value in values] for side, of in scores.items()}
    else:
        edges = np.linspace(everything.min(), everything.max(), BINS + 1)
        labels = [f"{low:.3g} to {high:.3g}" for low, high in pairwise(edges)]
        counted = {side: np.histogram(of, edges)[0].tolist() for side, of in scores.items()}
    share = {side: [number / max(len(scores[side]), 1) for number in numbers] for side, numbers in counted.items()}
    values_shown = [
        {"score": label, "series": side, "share": share[side][place]}
        for side in scores
        for place, label in enumerate(labels)
    ]
    spec = {
        "height": 240,
        "data": {"values": values_shown},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "score",
                "type": "ordinal",
                "sort": labels,
                "title": "score",
                "axis": {"labelOverlap": True, "labelAngle": 0 if len(values) <= MOST_BARS else -45},
            },
            "xOffset": {"field": "series", "sort": list(scores)},
            "y": {"field": "share", "type": "quantitative", "title": "share of reviews", "axis": {"format": "%"}},
            "color": colours_of(list(scores)),
        },
    }
    top = labels[int(np.argmax(counted["train"]))] if len(scores["train"]) else labels[0]
    told = f"Bars of {len(labels)} scores from {labels[0]} to {labels[-1]}; most reviews of train give {top}."
    rows = [[label, *(counted[side][place] for side in scores)] for place, label in enumerate(labels)]
    return figure("Scores", spec, told, ["score", *(f"reviews in {side}" for side in scores)], rows)


def _reviews_per(who: str, counts: Any) -> Figure | None:
    """Bars of doubling width: 1, 2 to 3, 4 to 7, ..."""
    import numpy as np

    if not len(counts):
        return None
    power = np.floor(np.log2(counts)).astype(int)
    labels = [_span(2**one, 2 ** (one + 1) - 1) for one in range(power.max() + 1)]
    numbers = np.bincount(power, minlength=len(labels)).tolist()
    reviews = np.bincount(power, weights=counts, minlength=len(labels)).astype(int).tolist()
    spec = {
        "height": 240,
        "data": {"values": [{"reviews": one, "number": number} for one, number in zip(labels, numbers, strict=True)]},
        "mark": {"type": "bar", "color": LIGHT["busy"]},
        "encoding": {
            "x": {
                "field": "reviews",
                "type": "ordinal",
                "sort": labels,
                "title": f"reviews of one {who}",
                "axis": {"labelAngle": -45},
            },
            "y": {"field": "number", "type": "quantitative", "title": f"{who}s", "axis": {"tickMinStep": 1}},
        },
    }
    most = int(counts.max())
    tenth = np.sort(counts)[::-1][: max(1, len(counts) // 10)].sum() / counts.sum()
    told = (
        f"Bars of {len(labels)} spans; the most reviewed {who} has {most:,} reviews, "
        f"the most reviewed tenth of {who}s {tenth:.0%} of all."
    )
    rows = [list(row) for row in zip(labels, numbers, reviews, strict=True)]
    return figure(
        f"Popularity: reviews of each {who}" if who == "item" else f"Reviews of each {who}",
        spec,
        told,
        [f"reviews of one {who}", f"{who}s", "their reviews together"],
        rows,
    )


def _span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
