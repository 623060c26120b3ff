"""Whether a first line is a header or, where the header is missing, a review, of which nothing may be shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

# of a file whose values no comma parts, though some may hold commas
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
LONGEST_COLUMN = 100  # characters of a column's name
LETTER = re.compile(r"[^\W\d_]")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d")
OF_MANY = re.compile(r"\d[\d.,/:-]*\s")  # "4 of 5", "4/5 stars", "12/24/2011 6:00 PM"
ADDRESS = re.compile(r"\S@\S|\w://")
JSON = re.compile(r"[{\[]\s*[{\[\"']")


def of_a_review(columns: Sequence[str]) -> str | None:
    """What in a first line is of a review and no name of a column; None where there is nothing of that kind."""
    parts = [part.strip() for column in columns for part in re.split(f"[{''.join(OTHER_SEPARATORS)}]", column)]
    if "" in parts[1:]:  # the first may be that of row numbers, which other programs write
        return "nothing in a name's place"
    return next((what for what, is_one in KINDS if any(map(is_one, parts))), None)


def _is_number(part: str) -> bool:
    """A number, also a score such as 4/5 or 4,5 and a date; stars, too."""
    try:
        float(part)
    except ValueError:
        has_digit = any(sign.isdigit() or sign in "★☆" for sign in part)
        return (has_digit and not LETTER.search(part)) or any(form.match(part) for form in (TIME, OF_MANY))
    return True


KINDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("a number", _is_number),
    ("an address", ADDRESS.search),
    ("JSON", JSON.match),
    ("a long text", lambda part: len(part) > LONGEST_COLUMN),
)
