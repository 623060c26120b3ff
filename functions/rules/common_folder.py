"""The deepest folder that holds all of some keys."""

from __future__ import annotations

from collections.abc import Collection


def common_folder(keys: Collection[str]) -> str:
    """Ends with a slash; empty where the keys share no folder, or there is none. One key's is the folder it lies in."""
    if not keys:
        return ""
    first, last = min(keys), max(keys)  # what these two share, all between them do
    shared = next((place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), None)
    prefix = first if shared is None else first[:shared]
    return prefix[: prefix.rfind("/") + 1]
