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


def why_broken(stream: IO[bytes]) -> str | None:
    """What is wrong with the archive that ``stream`` gives; None if nothing is. What the stream raises, this raises."""
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as unpacked:
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


def _size_of_model(unpacked: gzip.GzipFile) -> int | None:
    """Bytes of the saved model among the members, all of which are passed over; None where it is not there."""
    size = None
    with tarfile.open(fileobj=unpacked, mode="r|") as archive:
        for member in archive:
            if member.isfile() and posixpath.normpath(member.name) == SAVED_MODEL:
                size = member.size
            archive.members.clear()  # it would remember them all
    return size
