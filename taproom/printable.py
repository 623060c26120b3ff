"""Texts that others wrote (names of items, comments, causes), made safe to show on a terminal."""

from __future__ import annotations

import unicodedata

# controls, directions of writing and other invisible signs, halves of surrogate pairs, separators of lines
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = {"\u200c", "\u200d"}  # invisible too, but Persian words and many emoji are made with them


def printable(text: str) -> str:
    """``text`` on one line, with what a terminal would obey or hide written as an escape (``\\x1b``)."""
    return "".join(_escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    if unicodedata.category(sign) in INVISIBLE and sign not in JOINERS:
        return sign.encode("unicode_escape", "backslashreplace").decode("ascii")
    return sign
