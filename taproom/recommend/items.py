"""What is known of items beside their name: style, brewery, abv, from the items.parquet that a model carries."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

FILE = Path("assets.extra", "items.parquet")


def features_of(items: Iterable[str], saved_models: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """The features of each item by name, from the first of the SavedModels' folders that knows any.

    An item of which nothing is known is left out; so is all of it where no file can be read, since a list without
    styles is a list still.
    """
    wanted = set(items)
    for folder in saved_models:
        if found := _read(folder / FILE, wanted):
            return found
    return {}


def _read(file: Path, wanted: set[str]) -> dict[str, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(file, filters=[("item", "in", sorted(_readable(wanted)))]).to_pylist()
    except (OSError, pa.ArrowException):
        return {}
    return {row.pop("item"): {name: value for name, value in row.items() if value is not None} for row in rows}


def _readable(names: set[str]) -> set[str]:
    """Those that Parquet can hold: no name with bytes that are not UTF-8."""
    return {name for name in names if not any("\ud800" <= sign <= "\udfff" for sign in name)}
