"""`taproom recommend` on a terminal."""

from __future__ import annotations

from rich.console import Console, JustifyMethod
from rich.text import Text

from taproom.recommend.answering import Answer
from taproom.registry.cells import plain_table, status, text
from taproom.registry.version import Version

FEATURES = ("style", "brewery", "abv")
NARROW = 12  # characters of style and of brewery, where the terminal is not wider
OTHERS = 54  # characters that the other columns take: names of items are shown in full


def print_answer(console: Console, answer: Answer) -> None:
    title = Text.assemble("For ", text(answer.user, "bold"), " by ", _called(answer.retrieval.version))
    if answer.ranking:
        title.append(", ").append_text(_called(answer.ranking.version))
    console.print(title, soft_wrap=True)
    for note in answer.notes:
        console.print(text(note, "yellow"), soft_wrap=True)
    if not answer.items:
        console.print("No item is left: --include-seen also shows what the user reviewed.")
        return
    features = [name for name in FEATURES if any(name in one for one in answer.features.values())]
    table = plain_table()
    table.add_column("", justify="right", style="dim")
    table.add_column("item")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("place", justify="right", no_wrap=True, style="dim")
    widest = max(NARROW, (console.width - OTHERS) // 2)
    for name in features:
        justify: JustifyMethod = "right" if name == "abv" else "left"
        table.add_column(name, justify=justify, max_width=widest, no_wrap=True, overflow="ellipsis")
    for number, one in enumerate(answer.items, start=1):
        known = answer.features.get(one.item, {})
        score = "-" if one.predicted is None else f"{one.predicted:.2f}"
        table.add_row(
            str(number), text(one.item), score, str(one.candidate.place), *(text(known.get(name)) for name in features)
        )
    console.print(table)


def _called(version: Version) -> Text:
    return Text.assemble(f"{version.name} (", status(version.approval_status), ")")
