"""An execution on a time axis: a row per box, a bar per attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from taproom.charts.colours import LIGHT
from taproom.charts.vega import svg_of
from taproom.graph.attempts import Attempt, Row
from taproom.graph.outcomes import MARKS
from taproom.graph.words import time

WIDTH, ROW = 190, 22  # pixels: of the time axis, and a row's height
COLOURS = {
    "succeeded": LIGHT["good"],
    "failed": LIGHT["bad"],
    "cached": LIGHT["saved"],
    "aborted": LIGHT["warn"],
    "running": LIGHT["busy"],
    "around": LIGHT["edge"],
}
UNITS = ((3 * 3600.0, "hours", 3600.0), (180.0, "minutes", 60.0), (0.0, "seconds", 1.0))


def timeline_svg(rows: Sequence[Row]) -> str:
    """The chart as a themed SVG. Rows are those of ``attempts.rows_of``; without any, the chart says so.

    A thick bar is the state itself, coloured by outcome; a thin one is what is around it: looking up, waiting for the
    next round, recording. Beside each row stand mark and time of every attempt.
    """
    return svg_of(timeline_spec(rows), title="When each state was at work", description=in_words(rows))


def timeline_spec(rows: Sequence[Row]) -> dict[str, Any]:
    """The chart's Vega-Lite specification."""
    if not rows:
        return {"data": {"values": [{}]}, "mark": {"type": "text", "text": "No state has been entered yet."}}
    attempts = [attempt for row in rows for attempt in row.attempts]
    begin, end = min(one.start for one in attempts), max(one.end for one in attempts)
    unit, seconds = next((name, size) for least, name, size in UNITS if (end - begin).total_seconds() >= least)
    bars = [_bar(row, attempt, begin, seconds) for row in rows for attempt in row.attempts]
    names = [row.name for row in rows]
    vertical = {"field": "state", "type": "nominal", "sort": names, "title": None}
    axis = {"grid": False, "domain": False, "ticks": False, "labelPadding": 8, "labelColor": LIGHT["ink"]}
    horizontal = {
        "field": "from",
        "type": "quantitative",
        "title": f"{unit} since {begin:%Y-%m-%d %H:%M:%S}",
        "scale": {"domain": [0, max((end - begin).total_seconds() / seconds, 1e-3)], "nice": False},
        "axis": {"tickCount": 5},
    }
    drawn = {
        "encoding": {
            "x": horizontal,
            "x2": {"field": "to"},
            "color": {
                "field": "looks",
                "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
                "legend": None,
            },
            "stroke": {
                "field": "looks",
                "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
                "legend": None,
            },
            "description": {"field": "told"},
        },
    }
    told = [{"state": row.name, "text": beside(row)} for row in rows]
    return {
        "width": WIDTH,
        "height": ROW * len(rows),
        "encoding": {"y": {**vertical, "axis": axis}},
        "layer": [
            _layer(drawn, [bar for bar in bars if bar["looks"] == "around"], height=5, strokeWidth=0),
            # an outline, so that a moment in a run of hours can be seen
            _layer(drawn, [bar for bar in bars if bar["looks"] != "around"], height=12, strokeWidth=1, cornerRadius=1),
            {
                "data": {"values": told},
                "mark": {"type": "text", "align": "left", "x": WIDTH + 10, "aria": False},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }


def beside(row: Row) -> str:
    """What stands beside a row: mark and time of each attempt at the state itself."""
    return "  ".join(
        f"{MARKS[attempt.status]} {'cached' if attempt.status == 'cached' else _took(attempt)}" for attempt in row.own
    )


def in_words(rows: Sequence[Row]) -> str:
    """The chart for those who do not see it."""
    told = (f"{row.name}: " + ", then ".join(f"{one.status} after {_took(one)}" for one in row.own) for row in rows)
    return "; ".join(told) or "No state has been entered yet."


def _layer(drawn: dict[str, Any], bars: list[dict[str, Any]], **looks: Any) -> dict[str, Any]:
    return {"data": {"values": bars}, "mark": {"type": "bar", **looks}, **drawn}


def _bar(row: Row, attempt: Attempt, begin: datetime, seconds: float) -> dict[str, Any]:
    is_own = attempt.state == row.name
    return {
        "state": row.name,
        "from": (attempt.start - begin).total_seconds() / seconds,
        "to": (attempt.end - begin).total_seconds() / seconds,
        "looks": attempt.status if is_own else "around",
        "told": f"{attempt.state}: {attempt.status}, {_took(attempt)}",
    }


def _took(attempt: Attempt) -> str:
    return time((attempt.end - attempt.start).total_seconds())
