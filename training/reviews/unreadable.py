"""What the engine could not read, in words: which file, which line and why, and nothing of what stands there.

The engine's own messages quote rows and values; a cause is shown to operators and kept in logs.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from reviews.errors import PreprocessError, UnreadableFileError
from reviews.review_files import ReviewFile, names, opened

PIECE = 1 << 20  # bytes
LINE = re.compile(r"CSV Error on Line: (\d+)")
COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
PATH = re.compile(r"^ *file = (.*)$", re.MULTILINE)
# Part of the engine's message, and what is wrong with the file.
KNOWN = (
    ("unterminated quote", "a quoted value does not end, or goes on after its closing quote"),
    ("invalid state", "quotes or line ends are mixed in a way that CSV does not allow"),
    ("Parallel CSV Reader currently does", "a quoted value is longer than 8 MiB: is a quote missing?"),
    ("Maximum line size", "a row is longer than 8 MiB: is a quote missing?"),
    ("Invalid string encoding", "a text is not UTF-8"),
    ("ecompress", "a compressed part is damaged"),
)


class EngineError(PreprocessError):
    """The engine ran out of memory or of disk."""


def unreadable(files: Sequence[ReviewFile], error: duckdb.Error) -> PreprocessError:
    """To be raised ``from None``: else the log would hold the engine's own message."""
    if nothing_left := exhausted(error):
        return nothing_left
    message = str(error)
    suspects = _told_of(files, message)
    for file in suspects:
        try:
            line = None if file.is_parquet else undecodable_line(file.path)
        except (OSError, EOFError) as problem:
            return UnreadableFileError(f"{file.name} cannot be read to its end: {problem}")
        if line:
            return UnreadableFileError(f"{file.name} is not UTF-8 text: line {line}; save it as UTF-8")
    place = f", line {found[1]}" if (found := LINE.search(message)) else ""
    return UnreadableFileError(f"{names(suspects)}{place} cannot be read: {_why(message)}")


def exhausted(error: duckdb.Error) -> EngineError | None:
    """What ran out, if that is what the engine says."""
    message = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) or "No space left" in message:
        return EngineError(f"preparing the reviews needs more memory or disk than there is: {_first_line(message)}")
    return None


def undecodable_line(path: Path) -> int | None:
    """Number of the first line that is not UTF-8, or None when all are. In little memory, however long a line is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, before = 1, b""
    with opened(path) as stream:
        while piece := stream.read(PIECE):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                return line + _line_ends(error.object[: error.start], before)
            line += _line_ends(piece, before)
            before = piece[-1:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


def _line_ends(piece: bytes, before: bytes) -> int:
    """How many lines end in ``piece``, by a line feed, a carriage return or both; ``before`` is the byte in front."""
    ends = piece.count(b"\n") + piece.count(b"\r") - piece.count(b"\r\n")
    return ends - (before == b"\r" and piece[:1] == b"\n")


def _told_of(files: Sequence[ReviewFile], message: str) -> Sequence[ReviewFile]:
    """The file of which the message tells; where it tells of none, the Parquet files that are damaged, else all."""
    told = {path.strip() for path in PATH.findall(message)}
    found = [file for file in files if str(file.path) in told or f'"{file.path}"' in message]
    return found or [file for file in files if file.is_parquet and _damaged(file.path)] or files


def _damaged(parquet: Path) -> bool:
    try:
        with duckdb.connect() as connection:
            connection.execute("SELECT max(hash(file)) FROM read_parquet(?) AS file", [str(parquet)])
    except duckdb.Error:
        return True
    return False


def _why(message: str) -> str:
    if counts := COLUMNS.search(message):
        # the engine stops counting where there is one too many
        more = int(counts[2]) > int(counts[1])
        return f"it has {'more' if more else counts[2]} values where the header has {counts[1]} columns"
    told = message.partition("Possible fixes:")[0]
    return next((words for part, words in KNOWN if part in told), "its content is damaged")


def _first_line(message: str) -> str:
    return message.splitlines()[0][:300]
