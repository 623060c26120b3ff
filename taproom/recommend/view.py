"""`taproom recommend` on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from taproom.recommend.answering import Answer
from taproom.registry.cells import plain_table, text
from taproom.registry.version import Version

FEATURES = ("style", "brewery", "abv")


def print_answer(console: Console, answer: Answer) -> None:
    by = _called(answer.retrieval.version)
    ranked = f", ranked by {_called(answer.ranking.version)}" if answer.ranking else ""
    console.print(Text("For ") + text(answer.user, "bold") + Text(f" by {by}{ranked}"), soft_wrap=True)
    for note in answer.notes:
        console.print(text(note, "yellow"), soft_wrap=True)
    if not answer.items:
        console.print("No item is left: --include-seen also shows what the user reviewed.")
        return
    features = [name for name in FEATURES if any(name in one for one in answer.features.values())]
    table = plain_table()
    table.add_column("", justify="right", style="dim")
    table.add_column("item", ratio=2)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("retrieval", justify="right", no_wrap=True, style="dim")
    for name in features:
        table.add_column(name, justify="right" if name == "abv" else "left")
    for number, one in enumerate(answer.items, start=1):
        known = answer.features.get(one.item, {})
        score = "-" if one.predicted is None else f"{one.predicted:.2f}"
        table.add_row(
            str(number), text(one.item), score, str(one.candidate.place), *(text(known.get(name)) for name in features)
        )
    console.print(table)


def _called(version: Version) -> str:
    return f"{version.name} ({version.approval_status})"
