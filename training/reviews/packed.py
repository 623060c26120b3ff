"""Compressed review files, unpacked once beside the engine, which itself checks neither their sums nor their size.

It costs no time where a processor is free, and the engine reads a compressed file with one.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from reviews.csv_lines import ENDS, LONGEST, too_long
from reviews.errors import UnreadableFileError

ANY_SIZE = 1 << 30  # bytes that a file may always unpack to
MOST = 200  # times its size that a larger one may unpack to: reviews do to 3 to 50 times, a bomb to 1,000
PIECE = 1 << 18  # bytes, compressed
UNPACKED_PIECE = 1 << 20
GZIP = 31  # what zlib calls this format


class Packed(Protocol):
    """A compressed file: its name below the reviews folder and its size in bytes."""

    @property
    def path(self) -> Path: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...


class UnpackedBeside:
    """While the context lasts, ``files`` are checked one after the other; a bad one ends that by ``interrupt()``."""

    def __init__(self, files: Sequence[Packed], interrupt: Callable[[], None]) -> None:
        self._files = files
        self._interrupt = interrupt
        self._stop = threading.Event()
        self._queue = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Self:
        self._found: Future[UnreadableFileError | None] = self._queue.submit(self._first_bad)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stop.set()
        self._queue.shutdown()

    def problem(self) -> UnreadableFileError | None:
        """What is wrong with the first bad file; waits until all are checked or one is bad."""
        return self._found.result()

    def _first_bad(self) -> UnreadableFileError | None:
        for file in self._files:
            try:
                check_packed(file, self._stop.is_set)
            except UnreadableFileError as problem:
                self._interrupt()
                return problem
        return None


def check_packed(file: Packed, stop: Callable[[], bool] = lambda: False) -> None:
    """Read the file to its end, in little memory. Raises UnreadableFileError unless it is whole and of honest size."""
    unpacked = line = 0  # bytes so far, of all and of the last line
    limit = max(ANY_SIZE, MOST * file.size)
    for piece in _unpacked(file):
        unpacked += len(piece)
        if unpacked > limit:
            raise UnreadableFileError(
                f"{file.name} unpacks to more than {MOST} times its size and {ANY_SIZE} bytes: reviews never do. "
                "Upload it without compression if it is meant so"
            )
        first, last = _ends(piece)
        if line + first > LONGEST:
            raise too_long(file.name, unpacked - len(piece) - line)
        line = last if last < len(piece) else line + len(piece)
        if stop():
            return


def _ends(piece: bytes) -> tuple[int, int]:
    """Bytes before the first end of a line and behind the last; both are all bytes where no line ends."""
    found = [end for end in ENDS if end in piece]
    if not found:
        return len(piece), len(piece)
    return min(piece.index(end) for end in found), len(piece) - 1 - max(piece.rindex(end) for end in found)


def _unpacked(file: Packed) -> Iterator[bytes]:
    """The content, in pieces of at most UNPACKED_PIECE bytes; several members are one content."""
    member = zlib.decompressobj(GZIP)
    begun = False
    with file.path.open("rb", buffering=0) as stream:
        try:
            while packed := stream.read(PIECE):
                while packed:
                    begun = True
                    piece = member.decompress(packed, UNPACKED_PIECE)
                    packed = member.unconsumed_tail
                    if piece:
                        yield piece
                    if member.eof:
                        packed, member, begun = member.unused_data, zlib.decompressobj(GZIP), False
        except zlib.error as problem:
            raise UnreadableFileError(f"{file.name} is not a whole gzip file: {problem}") from None
    if begun:
        raise UnreadableFileError(f"{file.name} is not a whole gzip file: it ends before the end-of-stream marker")
