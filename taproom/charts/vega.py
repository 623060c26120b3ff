"""A Vega-Lite specification as SVG, by Vega itself: vl-convert runs it inside this process, without a network."""

from __future__ import annotations

from typing import Any

from taproom.charts.colours import LIGHT
from taproom.charts.svg import shown, themed

# Of the grammar that the specifications are written in. vl-convert holds several; naming one keeps charts as they are.
VEGA_LITE = "6.4"
TEXT = {
    **{"labelColor": LIGHT["soft"], "titleColor": LIGHT["soft"], "labelFontSize": 12, "titleFontSize": 12},
    # nothing is cut short: Vega cuts through signs of two halves, such as emoji, and vl-convert refuses a half
    **{"labelLimit": 0, "titleLimit": 0},
}
CONFIG: dict[str, Any] = {
    "background": LIGHT["paper"],
    "font": "Arial",
    "padding": 12,
    "view": {"stroke": None},
    "axis": {
        **TEXT,
        "titleFontWeight": "normal",
        "gridColor": LIGHT["line"],
        "domainColor": LIGHT["edge"],
        "tickColor": LIGHT["edge"],
    },
    "legend": {**TEXT, "titleFontWeight": "normal", "orient": "top"},
    "header": {**TEXT, "titleFontWeight": "normal"},
    "title": {"color": LIGHT["ink"], "fontSize": 14, "anchor": "start", "limit": 0},
    "text": {"color": LIGHT["ink"], "fontSize": 12},
    "line": {"strokeWidth": 2},
}


def svg_of(spec: dict[str, Any], *, title: str, description: str) -> str:
    """The chart of a Vega-Lite specification that holds its own data (``data.values``), as a themed SVG.

    Colours are those of ``colours.LIGHT``; the rest of the looks is in CONFIG, which ``spec["config"]`` is not meant to
    override. Texts in it are of one line, and may be any: they are escaped. None is cut short, so give short labels.
    ``title`` and ``description`` are for those who do not see the chart: say what it shows.
    Raises ValueError where the specification is wrong, or asks for anything from outside.
    """
    import vl_convert  # 80 MB: only where a chart is drawn

    svg = vl_convert.vegalite_to_svg(
        {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **_shown(spec)},
        vl_version=VEGA_LITE,
        config=CONFIG,
        allowed_base_urls=[],
    )
    return themed(svg, title=title, description=description)


def _shown(node: Any) -> Any:
    """The specification with every text as XML can hold it: vl-convert ends the whole process over some signs."""
    if isinstance(node, dict):
        return {shown(key): _shown(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_shown(item) for item in node]
    return shown(node) if isinstance(node, str) else node
