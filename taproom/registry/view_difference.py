"""`taproom diff` on a terminal: two versions beside one another."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from taproom.registry.cells import number, plain_table, text
from taproom.registry.difference import Change, Difference


def print_difference(console: Console, difference: Difference) -> None:
    versions = (difference.first.version, difference.second.version)
    first, second = (f"version {one.number}" for one in versions)
    console.print(f"[bold]{versions[0].model}[/bold]: {first} and {second}\n")
    _print_metrics(console, difference, first, second)
    if difference.same_test_set is False:
        console.print("Measured on different test sets: a small change may be theirs.", style="yellow")
    _print_pairs(console, "Parameters", difference.parameters, first, second)
    _print_pairs(console, "Data", difference.data, first, second)
    code = {} if difference.same_code else {"code digest": difference.code}
    _print_pairs(console, "Code", code, first, second)
    for version, record in zip((first, second), (difference.first, difference.second), strict=True):
        for what, why in record.missing.items():
            console.print(Text.assemble(f"{version}, {what}: ", text(why)), style="yellow", soft_wrap=True)


def _print_metrics(console: Console, difference: Difference, first: str, second: str) -> None:
    table = plain_table()
    table.add_column("metric")
    for name in (first, second, "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for change in difference.metrics:
        by = f"{change.by:+.4f}" if change.by else number(change.by)
        word, style = _verdict(change)
        table.add_row(text(change.name), number(change.before), number(change.after), by, Text(word, style))
    console.print(table)


def _verdict(change: Change) -> tuple[str, str]:
    return {True: ("better", "green"), False: ("worse", "red"), None: ("", "")}[change.better]


def _print_pairs(console: Console, title: str, pairs: dict[str, tuple[Any, Any]], first: str, second: str) -> None:
    if not pairs:
        console.print(f"\n[bold]{title}[/bold]  no difference told", highlight=False)
        return
    table = plain_table()
    table.add_column(title, header_style="bold")
    table.add_column(first)
    table.add_column(second)
    for name, (before, after) in pairs.items():
        table.add_row(text(name), text(before), text(after))
    console.print()
    console.print(table)
