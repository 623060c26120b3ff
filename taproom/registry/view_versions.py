"""`taproom versions` on a terminal: a line per version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from taproom.ending import name_of
from taproom.registry.cells import NOTHING, STAR, day, number, plain_table, status, text, version_number, with_margin
from taproom.registry.quality import BASELINES, MAIN_METRIC
from taproom.registry.record import Record

if TYPE_CHECKING:
    from taproom.registry.listing import Listing

OTHERS = 70  # characters that the columns before the execution take, whose name may be long
SHORTEST = 8


def print_versions(console: Console, listing: Listing) -> None:
    console.print(Text(listing.model, "bold") + Text(f"  {STAR} champion" if listing.champion else "", "dim"))
    if listing.nothing:
        console.print(text(listing.nothing, "yellow"), soft_wrap=True)
        return
    metric, baseline = MAIN_METRIC[listing.model], BASELINES[listing.model][0]
    table = plain_table()
    for name in ("version", "status", "created"):
        table.add_column(name, no_wrap=True)
    for name in (metric, baseline, "reviews"):
        table.add_column(name, justify="right", no_wrap=True)
    left = max(SHORTEST, console.width - OTHERS)
    table.add_column("execution", no_wrap=True, overflow="ellipsis", style="dim", max_width=left)
    for record in listing.records:
        leads = listing.champion is not None and record.version.arn == listing.champion.arn
        table.add_row(*_row(record, metric, baseline, leads))
    console.print(table)
    if listing.others:
        console.print(Text(f"{listing.others} more (--limit, --status)", "dim"))


def _row(record: Record, metric: str, baseline: str, leads: bool) -> tuple[str | Text, ...]:
    version, quality = record.version, record.quality
    against = quality.others.get(baseline, {}).get(metric)
    return (
        version_number(version.number, leads),
        text("failed", "red") if version.failed else status(version.approval_status),
        day(version.created),
        with_margin(quality.metrics.get(metric)),
        number(against.value) if against else NOTHING,
        text(record.manifest.content.get("kept")),
        text(name_of(record.told("ExecutionArn"))),
    )
