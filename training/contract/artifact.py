"""Unpacks model.tar.gz as if a stranger had made it, and finds the SavedModel in it."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from contract.container import JobError

MAX_BYTES = 20 * 2**30
MAX_MEMBERS = 10_000
HEADER = 2**20  # bytes: what an archive tells of a member is read at once, and is never so much
END = 2**20  # bytes that may follow the last file: padding
SAVED_MODEL = "01/saved_model.pb"


class ArtifactError(JobError):
    """The model artifact is missing, unsafe or holds no model."""


def find_archive(path: Path) -> Path:
    """``path`` itself or the model.tar.gz in it. Raises ArtifactError when there is none."""
    archive = path / "model.tar.gz" if path.is_dir() else path
    if not archive.is_file():
        found = ", ".join(sorted(file.name for file in path.iterdir())[:5]) if path.is_dir() else "no such file"
        raise ArtifactError(f"no model.tar.gz at {path}: found {found or 'nothing'}")
    return archive


def unpack(archive: Path, target: Path, max_bytes: int = MAX_BYTES, max_members: int = MAX_MEMBERS) -> Path:
    """Extract files and folders, all below ``target``, and return the folder of the SavedModel.

    Raises ArtifactError for links, devices, absolute or climbing paths, a file that is there twice, more than
    ``max_bytes`` bytes or ``max_members`` members when unpacked, a damaged archive, or one without 01/saved_model.pb.
    """
    total = 0
    seen: set[PurePosixPath] = set()
    try:
        with _Unpacked(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for number, member in enumerate(tar, start=1):
                _check(member, archive, seen)
                total += member.size
                if total > max_bytes or number > max_members:
                    raise ArtifactError(f"{archive} unpacks to more than {max_bytes} bytes or {max_members} files")
                tar.extract(member, target, filter="data")
            # tarfile ends before the checksum does, which alone tells damaged content
            if len(stream.read(END + 1)) > END:
                raise ArtifactError(f"{archive} holds more than {END} bytes after its last file")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ArtifactError(f"{archive} cannot be unpacked: {error}") from error
    if not (target / SAVED_MODEL).is_file():
        found = ", ".join(sorted(path.relative_to(target).as_posix() for path in target.rglob("*"))[:5]) or "nothing"
        raise ArtifactError(f"{archive} holds no {SAVED_MODEL}: found {found}")
    return (target / SAVED_MODEL).parent


class _Unpacked(gzip.GzipFile):
    """Refuses to give more at once than a header may have: tarfile believes any size that an archive tells of one."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > 2 * HEADER:
            raise tarfile.ReadError(f"a header of more than {HEADER} bytes")
        return super().read(size)


def _check(member: tarfile.TarInfo, archive: Path, seen: set[PurePosixPath]) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise ArtifactError(f"{archive} holds {member.name!r}, which leads out of the folder it is unpacked to")
    if not (member.isfile() or member.isdir()):
        raise ArtifactError(f"{archive} holds {member.name!r}, which is neither a file nor a folder")
    if path in seen and member.isfile():
        raise ArtifactError(f"{archive} holds {member.name!r} twice")
    seen.add(path)
