"""How messages quote what was received: readable, safe to print, never longer than a message may be."""

from __future__ import annotations

import json
import re
from typing import Any

MESSAGE_LIMIT = 1_000  # characters of an error message
# What lets its reader in: who logs in, whose name may hold an @ itself; the query of a web address, where a signed one
# has its signature; and the fragment, where a token may be.
SECRET_PARTS = re.compile(r"""(?<=://)[^\s"/?#]*(?=@)|(?<=[?#])[^\s"]+""")
WEB_ADDRESS = re.compile(r"""https?://[^\s"]*""", re.IGNORECASE)


def shown(value: Any, limit: int = 80) -> str:
    """``value`` as the JSON its author wrote, shortened; control characters and lone surrogates escaped.

    Of a web address login, query and fragment are left out: it ends in a log, and a signed address opens what it names.
    """
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return f"a value of type {type(value).__name__}"
    return clipped(printable(WEB_ADDRESS.sub(_without_secrets, text)), limit)


def _without_secrets(address: re.Match[str]) -> str:
    return SECRET_PARTS.sub("…", address[0])


def printable(text: str) -> str:
    """``text`` in one line, with everything escaped that cannot be printed or encoded."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def clipped(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """``text`` cut to ``limit`` characters, showing that it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(names: list[str], limit: int = 5) -> str:
    """The first names and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(shown(name, 200) for name in names[:limit]) + more
