"""Findings on a terminal: a line each, and what to do below it."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from taproom.doctor.finding import FAIL, NOT_CHECKED, OK, WARN, Finding
from taproom.printable import printable

MARKS = {OK: ("✓", "green"), WARN: ("!", "yellow"), FAIL: ("✗", "red"), NOT_CHECKED: ("·", "dim")}
WIDTH = 15  # of the longest check's name, and two


def print_finding(console: Console, finding: Finding) -> None:
    mark, style = MARKS[finding.status]
    told = f"not checked: {finding.seen}" if finding.status == NOT_CHECKED else finding.seen
    line = Text(f"{mark} {finding.check.ljust(WIDTH)}{printable(told)}", style)
    console.print(line, soft_wrap=True)
    if finding.what_now:
        console.print(Text(f"  {' ' * WIDTH}What now: {printable(finding.what_now)}"), soft_wrap=True)
