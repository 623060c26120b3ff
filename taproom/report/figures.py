"""A chart with its numbers: in an element of the page that opens, for those who want them or do not see the chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from taproom.charts.colours import LIGHT, SERIES
from taproom.charts.vega import svg_of

# The colour of what is in many charts: the same in all of them.
ROLES = {
    **{"model": "busy", "champion": "good", "threshold": "soft"},
    **{"popularity": "warn", "bias": "warn", "random": "saved", "global mean": "saved"},
}
MOST_IN_LINE = 3  # names of a legend
WIDTH = 400  # pixels, with axes: two stand side by side on a screen, one fills a phone


@dataclass(frozen=True)
class Figure:
    """``rows`` are the numbers that the chart shows, under ``columns``."""

    title: str
    svg: Markup
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()


def figure(
    title: str, spec: dict[str, Any], told: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Figure:
    """The chart of a Vega-Lite specification, WIDTH wide; ``told`` is what it shows, in words."""
    sized = {"width": WIDTH, "autosize": {"type": "fit", "contains": "padding"}, **spec}
    return Figure(title, Markup(svg_of(sized, title=title, description=told)), columns, rows)


def colours_of(names: Sequence[str], legend: bool = True) -> dict[str, Any]:
    """The encoding of a series by colour, in the order of ``names``."""
    used = [LIGHT[ROLES.get(name, SERIES[place % len(SERIES)])] for place, name in enumerate(names)]
    columns = {"columns": 2} if len(names) > MOST_IN_LINE else {}
    return {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": list(names), "range": used},
        "legend": {"title": None, "symbolOpacity": 1, **columns} if legend and len(names) > 1 else None,
    }
