"""How numbers, texts and times of the registry look in a table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from taproom.printable import printable
from taproom.registry.quality import Measured
from taproom.registry.version import APPROVED, PENDING, REJECTED

STATUS = {APPROVED: ("approved", "green"), PENDING: ("pending", "yellow"), REJECTED: ("rejected", "red")}
NOTHING = "-"
STAR = "★"  # the champion's mark


def plain_table() -> Table:
    """Columns apart by two spaces, without lines."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def text(value: Any, style: str = "") -> Text:
    """Any value of a document as it is: never markup, never a control sign, on one line."""
    if value is None or value == "":
        return Text(NOTHING, "dim")
    if isinstance(value, bool | dict | list):
        value = json.dumps(value)
    if isinstance(value, int):
        value = f"{value:,}"
    return Text(printable(str(value)), style)


def number(value: Any) -> str:
    """Four places behind the point, more for a number that would be 0 with them."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOTHING
    return f"{value:.4f}" if not value or abs(value) >= 0.0001 else f"{value:.1e}"


def with_margin(measured: Measured | None) -> str:
    """A value and half the width of its 95 % interval."""
    if measured is None:
        return NOTHING
    if measured.lower is None or measured.upper is None:
        return number(measured.value)
    return f"{number(measured.value)} ±{(measured.upper - measured.lower) / 2:.4f}"


def interval(measured: Measured) -> str:
    if measured.lower is None or measured.upper is None:
        return NOTHING
    return f"{number(measured.lower)} to {number(measured.upper)}"


def status(approval_status: str) -> Text:
    word, style = STATUS.get(approval_status, (approval_status, ""))
    return text(word, style)


def day(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d}"


def minute(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def version_number(number: int, champion: bool) -> str:
    """A version as tables and axes call it."""
    return f"{number} {STAR}" if champion else str(number)
