"""How scores are distributed, and how many reviews items and users have: as the manifest counted them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taproom.charts.colours import LIGHT
from taproom.registry.documents import at, objects
from taproom.report.documents import count, finite
from taproom.report.figures import Figure, colours_of, figure

SIDES = ("train", "test")
MOST_BARS = 64  # more than preprocessing ever tells


def distributions(manifest: Mapping[str, Any]) -> list[Figure]:
    """The charts of what the manifest tells of it; none where it tells nothing."""
    told = manifest.get("distributions")
    figures = [_scores(at(told, "scores"))]
    figures += [_reviews_per(who, at(told, f"reviews_per_{who}")) for who in ("item", "user")]
    return [one for one in figures if one is not None]


def _scores(told: Any) -> Figure | None:
    rows = [one for one in map(_score_row, objects(told)) if one][:MOST_BARS]
    together = {side: sum(row[1 + place] for row in rows) for place, side in enumerate(SIDES)}
    if not any(together.values()):
        return None
    labels = [row[0] for row in rows]
    values = [
        {"score": label, "series": side, "share": numbers[place] / max(together[side], 1)}
        for place, side in enumerate(SIDES)
        for label, *numbers in rows
    ]
    spans = any(" to " in label for label in labels)
    spec = {
        "height": 240,
        "data": {"values": values},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "score",
                "type": "ordinal",
                "sort": labels,
                "title": "score",
                "axis": {"labelOverlap": True, "labelAngle": -45 if spans else 0},
            },
            "xOffset": {"field": "series", "sort": list(SIDES)},
            "y": {"field": "share", "type": "quantitative", "title": "share of reviews", "axis": {"format": "%"}},
            "color": colours_of(list(SIDES)),
        },
    }
    top = max(rows, key=lambda row: row[1])[0]
    told = f"Bars of {len(labels)} scores from {labels[0]} to {labels[-1]}; most reviews of train give {top}."
    return figure("Scores", spec, told, ["score", *(f"reviews in {side}" for side in SIDES)], rows)


def _score_row(told: Mapping[str, Any]) -> list[Any] | None:
    """The score, or the span of scores, and the reviews of both sides that give it."""
    low, high, *numbers = finite(told.get("from")), finite(told.get("to")), *(count(told.get(side)) for side in SIDES)
    if low is None or high is None or None in numbers:
        return None
    return [f"{low:g}" if low == high else f"{low:.3g} to {high:.3g}", *numbers]


def _reviews_per(who: str, told: Any) -> Figure | None:
    """Bars of doubling width: 1, 2 to 3, 4 to 7, ..."""
    rows = [one for one in map(_span_row, objects(at(told, "counts"))) if one][:MOST_BARS]
    if not any(row[1] for row in rows):
        return None
    labels = [row[0] for row in rows]
    spec = {
        "height": 240,
        "data": {"values": [{"reviews": label, "number": number} for label, number, _ in rows]},
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
    most, tenth = count(at(told, "most")), finite(at(told, "top_tenth"))
    told = f"Bars of {len(labels)} spans"
    if most is not None and tenth is not None:
        told += f"; the most reviewed {who} has {most:,} reviews, the most reviewed tenth of {who}s {tenth:.0%} of all"
    return figure(
        f"Popularity: reviews of each {who}" if who == "item" else f"Reviews of each {who}",
        spec,
        f"{told}.",
        [f"reviews of one {who}", f"{who}s", "their reviews together"],
        rows,
    )


def _span_row(told: Mapping[str, Any]) -> list[Any] | None:
    """How many reviews one has, how many have so many, and their reviews together."""
    low, high, number, reviews = (count(told.get(name)) for name in ("from", "to", "number", "reviews"))
    if low is None or high is None or number is None or reviews is None:
        return None
    return [f"{low:,}" if low == high else f"{low:,}–{high:,}", number, reviews]
