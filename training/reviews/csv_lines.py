"""Lines so long that no review makes them: the engine would drop some without a word, and hold others in memory.

Looked for at places so far apart that it costs next to nothing: a line without end is met at the next of them.
"""

from __future__ import annotations

from pathlib import Path

from reviews.errors import UnreadableFileError

LONGEST = 1 << 20  # bytes: no line up to this is refused, every line of more than twice as many is
LOOK = 4096  # bytes in which nearly always a line ends
ENDS = (b"\n", b"\r")


def check_lines(path: Path, name: str, size: int) -> None:
    """Raise UnreadableFileError where a line of the (not compressed) CSV file never seems to end."""
    if size <= LONGEST:
        return
    with path.open("rb", buffering=0) as stream:
        for place in range(0, size - LONGEST, LONGEST):
            stream.seek(place)
            seen, piece = 0, stream.read(LOOK)
            while piece and not ends_line(piece):
                seen += len(piece)
                if seen > LONGEST:
                    raise too_long(name, place)
                piece = stream.read(LONGEST // 16)


def ends_line(piece: bytes) -> bool:
    return any(end in piece for end in ENDS)


def too_long(name: str, place: int) -> UnreadableFileError:
    """``place``: where in the line, in bytes from the beginning of the content."""
    return UnreadableFileError(
        f"{name} has a line of more than {LONGEST} bytes, around byte {place}: no review is so long. Is an end of line "
        "missing, or is this no CSV file?"
    )
