"""What an input of a step holds, told by contents: what is only called otherwise or lies elsewhere is the same."""

from __future__ import annotations

from collections.abc import Iterable

from rules.execution_input import REVIEW_SUFFIXES
from rules.reviews import StoredObject

REVIEWS = "reviews"  # the input whose files may be called anything: only the ending says how one is read
Content = tuple[str, str, int]  # what a job knows the object by, its ETag, its size in bytes


def content(name: str, one: StoredObject) -> Content:
    """The content of an object of the input ``name``."""
    return (ending(one.key) if name == REVIEWS else file_name(one.key), one.etag, one.size)


def contents(name: str, objects: Iterable[StoredObject]) -> list[Content]:
    """The contents of an input, in an order that no listing changes."""
    return sorted(content(name, one) for one in objects)


def ending(key: str) -> str:
    """``.csv``, ``.csv.gz`` or ``.parquet``; empty for what is no review file."""
    return next((suffix for suffix in REVIEW_SUFFIXES if key.lower().endswith(suffix)), "")


def file_name(key: str) -> str:
    """The last part of a key's path."""
    return key.rpartition("/")[2]
