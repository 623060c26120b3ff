"""Review files: which ones there are, which columns they have, and how DuckDB reads them.

Whatever a file's own types, everything is read as text here; what a column means is decided in cleaning.py.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from container import JobError

SUFFIXES = (".csv", ".csv.gz", ".parquet")
REQUIRED = ("user", "item", "score")
OPTIONAL = ("timestamp", "style", "brewery", "abv", "text")
PARQUET_MAGIC = b"PAR1"
HEADER_LIMIT = 1 << 20  # bytes in which a CSV header line must end


class PreprocessError(JobError):
    """The reviews cannot be prepared."""


class NoReviewsError(PreprocessError):
    """There is no review file, or none holds a review."""


class UnreadableFileError(PreprocessError):
    """A review file is not what its name says."""


class MissingColumnError(PreprocessError):
    """A review file lacks a column that is needed."""


@dataclass(frozen=True)
class ReviewFile:
    """One file: its name below the reviews folder, its size in bytes and the names of its columns in order."""

    path: Path
    name: str
    size: int
    columns: tuple[str, ...]

    @property
    def is_parquet(self) -> bool:
        return self.name.lower().endswith(".parquet")


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


def open_file(path: Path, folder: Path, parquet_columns: Callable[[Path], Sequence[str]]) -> ReviewFile:
    """Look at the beginning of a file. ``parquet_columns(path)`` gives a Parquet file's column names."""
    name, size = path.relative_to(folder).as_posix(), path.stat().st_size
    if size == 0:
        raise UnreadableFileError(f"{name} is empty (0 bytes): remove it or upload it again")
    if name.lower().endswith(".parquet"):
        _check_parquet(path, name, size)
        columns = tuple(parquet_columns(path))
    else:
        columns = _csv_header(path, name)
    return ReviewFile(path, name, size, columns)


def check_columns(file: ReviewFile, columns: Mapping[str, str]) -> None:
    """Raise MissingColumnError unless the file has the columns for user, item and score."""
    for role in REQUIRED:
        if columns[role] not in file.columns:
            found = ", ".join(repr(column) for column in file.columns)
            raise MissingColumnError(
                f"{file.name} has no column {columns[role]!r} for the {role}; its columns are {found}. "
                f'Name the right one in the parameter Columns, as {{"{role.capitalize()}": "..."}} '
                f"(--{role}-column)"
            )


def selection(files: Sequence[ReviewFile], columns: Mapping[str, str]) -> str:
    """SQL that reads all files as rows of text: one column per role (NULL where a file lacks it) and ``file``."""
    alike: dict[tuple[bool, tuple[str, ...]], list[ReviewFile]] = {}
    for file in files:
        alike.setdefault((file.is_parquet, file.columns), []).append(file)
    return "\nUNION ALL\n".join(_select(group, columns) for group in alike.values())


def _select(group: list[ReviewFile], columns: Mapping[str, str]) -> str:
    present = group[0].columns
    paths = "[" + ", ".join(_literal(str(file.path)) for file in group) + "]"
    if group[0].is_parquet:
        source = f"read_parquet({paths}, filename = 'source_file')"
    else:
        # Every column is named: nothing is guessed from the data, so a file reads the same whatever it holds.
        # A header may name a column twice; the position keeps the unmapped ones apart.
        names = _distinct(present)
        types = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in names)
        source = (
            f"read_csv({paths}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
            f"columns = {{{types}}}, filename = 'source_file')"
        )
    parts = []
    for role in (*REQUIRED, *OPTIONAL):
        value = (
            f"CAST({_identifier(columns[role])} AS VARCHAR)" if columns[role] in present else "CAST(NULL AS VARCHAR)"
        )
        parts.append(f"{value} AS {_identifier(role)}")
    return f"SELECT {', '.join(parts)}, source_file AS file FROM {source}"


def undecodable_line(path: Path) -> int | None:
    """Number of the first line that is not UTF-8, or None when all are."""
    with _opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None


def _check_parquet(path: Path, name: str, size: int) -> None:
    with path.open("rb") as stream:
        head = stream.read(4)
        stream.seek(-min(4, size), 2)
        tail = stream.read(4)
    if (head, tail) != (PARQUET_MAGIC, PARQUET_MAGIC):
        raise UnreadableFileError(f"{name} is not a Parquet file: it begins with {head!r} and ends with {tail!r}")


def _csv_header(path: Path, name: str) -> tuple[str, ...]:
    try:
        with _opened(path) as stream:
            line = stream.readline(HEADER_LIMIT)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UnreadableFileError(f"{name} is not a whole gzip file: {error}") from error
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"{name} is not UTF-8 text: line 1, byte {error.start + 1} is 0x{line[error.start]:02x}; save it as UTF-8"
        ) from error
    columns = next(csv.reader([text], strict=False), [])
    if not columns:
        raise UnreadableFileError(f"{name} has no header line: its first line is empty")
    return tuple(columns)


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


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
