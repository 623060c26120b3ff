"""A Vega-Lite specification as SVG, by Vega itself: vl-convert runs it inside this process, without a network."""

from __future__ import annotations

from typing import Any

from taproom.charts.colours import LIGHT
from taproom.charts.svg import shown, themed

# Of the grammar that the specifications are written in. vl-convert holds several; naming one keeps charts as they are.
VEGA_LITE = "6.4"
TEXT = {"labelColor": LIGHT["soft"], "titleColor": LIGHT["soft"], "labelFontSize": 12, "titleFontSize": 12}
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
        "labelLimit": 220,
    },
    "legend": {**TEXT, "titleFontWeight": "normal", "orient": "top"},
    "header": {**TEXT, "titleFontWeight": "normal"},
    "title": {"color": LIGHT["ink"], "fontSize": 14, "anchor": "start"},
    "text": {"color": LIGHT["ink"], "fontSize": 12},
    "line": {"strokeWidth": 2},
}


def svg_of(spec: dict[str, Any], *, title: str, description: str) -> str:
    """The chart of a Vega-Lite specification that holds its own data (``data.values``), as a themed SVG.

    Colours are those of ``colours.LIGHT``; the rest of the looks is in CONFIG, which ``spec["config"]`` is not meant to
    override. ``title`` and ``description`` are for those who do not see the chart: say what it shows. Data may be any
    text: it is escaped. Raises ValueError where the specification is wrong, or asks for anything from outside.
    """
    import vl_convert  # 80 MB: only where a chart is drawn

    svg = vl_convert.vegalite_to_svg(
        {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **_with_data_shown(spec)},
        vl_version=VEGA_LITE,
        config=CONFIG,
        allowed_base_urls=[],
    )
    return themed(svg, title=title, description=description)


def _with_data_shown(node: Any, is_data: bool = False) -> Any:
    """The specification with the texts of its data (``values``) as XML can hold them."""
    if isinstance(node, dict):
        return {key: _with_data_shown(value, is_data or key == "values") for key, value in node.items()}
    if isinstance(node, list):
        return [_with_data_shown(item, is_data) for item in node]
    return shown(node) if is_data and isinstance(node, str) else node
