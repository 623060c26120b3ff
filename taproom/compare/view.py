"""`taproom compare` on a terminal: a line per version, the newest first."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from taproom.compare.comparison import Comparison, Row
from taproom.registry.cells import NOTHING, STAR, number, plain_table, status, text, version_number, with_margin
from taproom.registry.quality import MAIN_METRIC


def print_comparison(console: Console, comparison: Comparison) -> None:
    mark = f"  {STAR} champion" if comparison.champion else ""
    console.print(Text(comparison.model, "bold") + Text(mark, "dim"))
    if not comparison.rows:
        console.print(text(comparison.listing.nothing, "yellow"), soft_wrap=True)
        return
    metric = MAIN_METRIC[comparison.model]
    table = plain_table()
    for name in ("version", "status"):
        table.add_column(name, no_wrap=True)
    for name in (metric, comparison.baseline, "reviews", "trained", "USD"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in comparison.rows:
        table.add_row(*_cells(row, metric))
    console.print(table)
    if comparison.listing.others:
        console.print(Text(f"{comparison.listing.others} older (--last)", "dim"))


def _cells(row: Row, metric: str) -> tuple[str | Text, ...]:
    version, against, seconds = row.version, row.baseline(metric), row.spending.training_seconds
    return (
        version_number(version.number, row.champion),
        text("failed", "red") if version.failed else status(version.approval_status),
        with_margin(row.metrics.get(metric)),
        number(against.value) if against else NOTHING,
        text(row.size("reviews")),
        NOTHING if seconds is None else f"{seconds:,.0f} s",
        number(row.spending.usd),
    )
