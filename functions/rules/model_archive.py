"""Whether a model.tar.gz is whole: read to its end in bounded memory, its checksum and its members looked at.

What a training job uploads is only as good as what it packed: a full disk or a killed process leaves an archive that
begins well and ends too soon.
"""

from __future__ import annotations

import gzip
import posixpath
import tarfile
import zlib
from typing import IO

SAVED_MODEL = "01/saved_model.pb"
PIECE = 2**20  # bytes
HEADER = 2**20  # bytes: what an archive tells of a member is read at once, and is never so much


def why_broken(stream: IO[bytes]) -> str | None:
    """What is wrong with the archive that ``stream`` gives; None if nothing is. What the stream raises, this raises."""
    try:
        with _Unpacked(fileobj=stream, mode="rb") as unpacked:
            size = _size_of_model(unpacked)
            while unpacked.read(PIECE):  # the checksum stands behind everything
                pass
    except EOFError:
        return "it ends too soon"
    except (gzip.BadGzipFile, zlib.error) as error:
        return f"it is no gzip file, or a damaged one: {error}"
    except (tarfile.TarError, ValueError, OverflowError) as error:
        return f"it is no tar archive, or a damaged one: {error}"
    if size is None:
        return f"there is no {SAVED_MODEL} in it"
    return None if size else f"its {SAVED_MODEL} is empty"


class _Unpacked(gzip.GzipFile):
    """Refuses to give more at once than a header may have: tarfile believes any size that an archive tells of one."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > 2 * HEADER:
            raise tarfile.ReadError(f"a header of more than {HEADER} bytes")
        return super().read(size)


def _size_of_model(unpacked: gzip.GzipFile) -> int | None:
    """Bytes of the saved model among the members, all of which are passed over; None where it is not there."""
    size = None
    with tarfile.open(fileobj=unpacked, mode="r:") as archive:
        for member in archive:
            if member.isfile() and posixpath.normpath(member.name) == SAVED_MODEL:
                size = member.size
            archive.members.clear()  # type: ignore[attr-defined]  # it would remember them all; types leave it out
    return size
