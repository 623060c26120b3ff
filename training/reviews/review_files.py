"""Review files: which ones there are, which columns they have, and how DuckDB reads them.

Everything is read as text, save for the columns that are numbers in every file that has them (in Parquet files);
what a column means is decided in cleaning.py.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from reviews.csv_lines import check_lines
from reviews.errors import MissingColumnError, NoReviewsError, UnreadableFileError
from reviews.first_line import OTHER_SEPARATORS, of_a_review

SUFFIXES = (".csv", ".csv.gz", ".parquet")
REQUIRED = ("user", "item", "score")
OPTIONAL = ("timestamp", "style", "brewery", "abv", "text")
PARQUET_MAGIC = b"PAR1"
GZIP_MAGIC = b"\x1f\x8b"
# Parquet columns that are read as they are. A 32-bit float is not: as text 0.1 stays 0.1.
NUMERIC_TYPES = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "DOUBLE"})
NO_TEXT = {
    "STRUCT": "structs",
    "MAP": "maps",
    "UNION": "unions",
    "VARIANT": "values of any type",
    "BLOB": "binary data (mark it as text, in UTF-8)",
    "GEOMETRY": "shapes",
}
MOST_SHOWN, LONGEST_SHOWN = 50, 100  # columns, and characters of each, in messages
ANY_ROWS = 10_000_000  # that a Parquet file may always have
ROWS_OF_A_BYTE = 8  # that a larger one may have: who reviewed what takes more than a bit
HEADER_LIMIT = 1 << 20  # bytes in which a CSV header line must end
# Bytes of the pieces in which the engine reads a CSV file, one processor each. Its own default, four times as large,
# leaves processors without one; smaller ones cost more than they gain.
PIECE = 8 << 20


@dataclass(frozen=True)
class ReviewFile:
    """One file: its name below the reviews folder, its size in bytes and the names of its columns in order.

    ``numeric``: the columns that hold numbers by their type, and need not be read as text. ``of_no_text``: those of a
    type that is neither a number nor a text, with what they hold.
    """

    path: Path
    name: str
    size: int
    columns: tuple[str, ...]
    numeric: frozenset[str] = frozenset()
    of_no_text: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_parquet(self) -> bool:
        return self.name.lower().endswith(".parquet")

    @property
    def is_packed(self) -> bool:
        return _is_packed(self.name)


def find_files(folder: Path) -> tuple[list[Path], int]:
    """Review files below ``folder`` in order of name, and how many other files are ignored.

    Raises NoReviewsError when there is none.
    """
    if not folder.is_dir():
        raise NoReviewsError(f"{folder} is not a folder: expected the reviews there (--reviews)")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    reviews = [path for path in files if path.name.lower().endswith(SUFFIXES)]
    if not reviews:
        found = ", ".join(path.name for path in files[:5]) or "nothing"
        raise NoReviewsError(f"no .csv, .csv.gz or .parquet file below {folder}: found {found}")
    return reviews, len(files) - len(reviews)


def open_file(path: Path, folder: Path, parquet_columns: Callable[[Path, str], Mapping[str, str]]) -> ReviewFile:
    """Look at the beginning of a file. ``parquet_columns(path, name)`` gives a Parquet file's columns and types."""
    name, size = path.relative_to(folder).as_posix(), path.stat().st_size
    if size == 0:
        raise UnreadableFileError(f"{name} is empty (0 bytes): remove it or upload it again")
    if name.lower().endswith(".parquet"):
        _check_parquet(path, name, size)
        types = parquet_columns(path, name)
        numeric = frozenset(column for column, kind in types.items() if kind in NUMERIC_TYPES)
        return ReviewFile(path, name, size, tuple(types), numeric, _of_no_text(types))
    if not _is_packed(name):
        check_lines(path, name, size)
    return ReviewFile(path, name, size, _csv_header(path, name))


def check_columns(file: ReviewFile, columns: Mapping[str, str]) -> None:
    """Raise MissingColumnError unless the file has the columns for user, item and score, and all hold what can be read.

    What columns hold that nothing is made of does not matter.
    """
    for role in REQUIRED:
        if columns[role] not in file.columns:
            raise MissingColumnError(
                f"{file.name} has no column {columns[role]!r} for the {role}; {_found(file)}. {_what_now(file, role)}"
            )
    for role, column in columns.items():
        if role != "text" and (held := file.of_no_text.get(column)):
            raise UnreadableFileError(
                f"{file.name}: the column {column!r} for the {role} holds {held}; allowed are texts and numbers"
            )


def _found(file: ReviewFile) -> str:
    """The names of the columns; not where they seem to be a review, which must not be shown."""
    if not file.is_parquet and (why := of_a_review(file.columns)):
        return f"its first line holds {why}, so it seems to be a review and the header to be missing"
    shown = ", ".join(repr(column[:LONGEST_SHOWN]) for column in file.columns[:MOST_SHOWN])
    more = f" and {len(file.columns) - MOST_SHOWN} more" if len(file.columns) > MOST_SHOWN else ""
    return f"its columns are {shown}{more}"


def _what_now(file: ReviewFile, role: str) -> str:
    if not file.is_parquet and len(file.columns) == 1:
        for sign, name in OTHER_SEPARATORS.items():
            if sign in file.columns[0]:
                return f"Its columns seem to be separated by {name}: save the file with commas"
    return f'Name the right one in the parameter Columns, as {{"{role.capitalize()}": "..."}} (--{role}-column)'


def _of_no_text(types: Mapping[str, str]) -> dict[str, str]:
    """Columns of nested or binary types, as the engine names these, in words."""
    return {column: words for column, kind in types.items() if (words := _nested(kind))}


def _nested(kind: str) -> str | None:
    if kind.endswith("]"):
        return "lists"
    return next((words for beginning, words in NO_TEXT.items() if kind.startswith(beginning)), None)


def check_rows(path: Path, name: str, rows: int) -> None:
    """Raise UnreadableFileError where a Parquet file tells of more rows than can be reviews."""
    if rows > max(ANY_ROWS, ROWS_OF_A_BYTE * path.stat().st_size):
        raise UnreadableFileError(
            f"{name} holds {rows} rows in {path.stat().st_size} bytes: reviews that differ need more room"
        )


def numeric_roles(files: Sequence[ReviewFile], columns: Mapping[str, str], roles: Iterable[str]) -> frozenset[str]:
    """Those of ``roles`` whose column is a number by type in every file that has it."""
    holders = {role: [file for file in files if columns[role] in file.columns] for role in roles}
    return frozenset(
        role for role, some in holders.items() if some and all(columns[role] in file.numeric for file in some)
    )


def selection(
    files: Sequence[ReviewFile], columns: Mapping[str, str], roles: Sequence[str], numeric: Collection[str] = ()
) -> str:
    """SQL that reads all files: one column for each of ``roles``, NULL where a file lacks it.

    A role is DOUBLE if it is among ``numeric``, else VARCHAR. Where there are several files, ``file`` is the file's
    place among them, from 1.
    """
    alike: dict[tuple[bool, tuple[str, ...]], list[ReviewFile]] = {}
    for file in files:
        alike.setdefault((file.is_parquet, file.columns), []).append(file)
    types = {role: "DOUBLE" if role in numeric else "VARCHAR" for role in roles}
    # A number takes less room than a path in every row, and where there is only one, even that costs time.
    place = f", list_position({_paths(files)}, source_file) AS file" if len(files) > 1 else ""
    return "\nUNION ALL\n".join(
        f"SELECT {_values(group[0].columns, columns, types)}{place} FROM {_source(group)}" for group in alike.values()
    )


def _source(group: Sequence[ReviewFile]) -> str:
    if group[0].is_parquet:
        return f"read_parquet({_paths(group)}, filename = 'source_file')"
    # Every column is named: nothing is guessed from the data, so a file reads the same whatever it holds.
    # A header may name a column twice; the position keeps the unmapped ones apart.
    types = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in _distinct(group[0].columns))
    return (
        f"read_csv({_paths(group)}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {{{types}}}, filename = 'source_file', buffer_size = {PIECE})"
    )


def _values(present: Sequence[str], columns: Mapping[str, str], types: Mapping[str, str]) -> str:
    values = {role: _identifier(columns[role]) if columns[role] in present else "NULL" for role in types}
    return ", ".join(f"CAST({values[role]} AS {kind}) AS {_identifier(role)}" for role, kind in types.items())


def _paths(files: Sequence[ReviewFile]) -> str:
    return "[" + ", ".join(_literal(str(file.path)) for file in files) + "]"


def names(files: Sequence[ReviewFile]) -> str:
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return ", ".join(file.name for file in files[:5]) + more


def opened(path: Path) -> BinaryIO:
    if _is_packed(path.name):
        return gzip.open(path)  # type: ignore[return-value]  # it reads as any file does
    return path.open("rb")


def _check_parquet(path: Path, name: str, size: int) -> None:
    with path.open("rb") as stream:
        head = stream.read(4)
        stream.seek(-min(4, size), 2)
        tail = stream.read(4)
    if (head, tail) != (PARQUET_MAGIC, PARQUET_MAGIC):
        raise UnreadableFileError(
            f"{name} is not a Parquet file: it does not begin and end with {PARQUET_MAGIC.decode()}"
        )


def _csv_header(path: Path, name: str) -> tuple[str, ...]:
    try:
        with opened(path) as stream:
            line = stream.readline(HEADER_LIMIT)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UnreadableFileError(f"{name} is not a whole gzip file: {_without_bytes(error)}") from None
    if line.startswith(GZIP_MAGIC):
        raise UnreadableFileError(f"{name} is compressed once more than its name says: name it .csv.gz, packed once")
    if not line.endswith(b"\n"):  # lines may end with a carriage return alone: the engine knows these
        line = line.partition(b"\r")[0]
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"{name} is not UTF-8 text: line 1, byte {error.start + 1} is 0x{line[error.start]:02x}; save it as UTF-8"
        ) from None
    try:
        columns = next(csv.reader(io.StringIO(text, newline=""), strict=False), [])
    except csv.Error:
        columns = None
    if columns is None or len(line) >= HEADER_LIMIT:
        raise UnreadableFileError(f"{name} has no header line: its first line is too long for one")
    if not columns:
        raise UnreadableFileError(f"{name} has no header line: its first line is empty")
    return tuple(columns)


def _without_bytes(error: Exception) -> str:
    """Python's words about a damaged gzip file, which may quote its first bytes."""
    return "it does not begin as one" if isinstance(error, gzip.BadGzipFile) else str(error)


def _is_packed(name: str) -> bool:
    return name.lower().endswith(".gz")


def _distinct(names: Iterable[str]) -> list[str]:
    """Names with repeated and empty ones made different (DuckDB folds case)."""
    seen: set[str] = set()
    distinct = []
    for position, name in enumerate(names):
        fresh = name if name and name.lower() not in seen else f"{name}#{position}"
        seen.add(fresh.lower())
        distinct.append(fresh)
    return distinct


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
