"""Artifacts of model versions, from S3 into a cache below the work folder, each unpacked once.

A folder of the cache is named by the version's ARN, its artifact's URI and ETag, so that an artifact that was replaced
is fetched anew. It appears in one step, whole: a command that is killed leaves only a folder named ``partial-...``,
which a later one removes.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
import tempfile
import time
import zlib
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from taproom.faults import error_code
from taproom.recommend.errors import ModelUnusable
from taproom.registry.version import Version

HEADER = 2**20  # bytes: what an archive tells of a member is read at once, and is never so much
END = 2**20  # bytes that may follow the last file: padding
SAVED_MODEL = "01/saved_model.pb"
GONE = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")
MAX_BYTES = 20 * 2**30  # of an unpacked artifact
MAX_MEMBERS = 10_000
CHUNK = 2**20  # bytes
PARTIAL = "partial-"
ABANDONED = 3600.0  # seconds after which a partial folder is nobody's any more


class ArtifactCache:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, s3: Any, version: Version) -> Path:
        """The folder of the version's SavedModel, downloaded and unpacked if it is not there yet.

        Raises ModelUnusable when the artifact is gone, unsafe or holds no model, and boto3's errors.
        """
        place = urlsplit(version.artifact_uri)
        if place.scheme != "s3" or not place.netloc or not place.path.strip("/"):
            raise ModelUnusable(f"{version.name} names no artifact in S3, but {version.artifact_uri!r}")
        where = {"Bucket": place.netloc, "Key": place.path.lstrip("/")}
        try:
            etag = s3.head_object(**where)["ETag"]
            target = self._folder / _name(version, etag)
            if not target.is_dir():
                self._make(s3, {**where, "IfMatch": etag}, version, target)
        except ClientError as error:
            if error_code(error) in GONE:
                raise ModelUnusable(f"the artifact of {version.name} is gone: {version.artifact_uri}") from error
            raise
        return (target / SAVED_MODEL).parent

    def _make(self, s3: Any, request: dict[str, str], version: Version, target: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(self._folder)
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=self._folder))
        try:
            archive, unpacked = partial / "model.tar.gz", partial / "model"
            _download(s3, request, archive)
            unpacked.mkdir()
            unpack(archive, unpacked, version.name)
            if not target.is_dir():  # another command may have been faster
                unpacked.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def unpack(archive: Path, target: Path, whose: str, max_bytes: int = MAX_BYTES, max_members: int = MAX_MEMBERS) -> None:
    """Extract files and folders, all below ``target``.

    Raises ModelUnusable for links, devices, absolute or climbing paths, a file that is there twice, more than
    ``max_bytes`` bytes or ``max_members`` members, a damaged archive, or one without 01/saved_model.pb. ``whose`` is
    for messages.
    """
    total = 0
    seen: set[PurePosixPath] = set()
    try:
        with _Unpacked(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for number, member in enumerate(tar, start=1):
                _check(member, whose, seen)
                total += member.size
                if total > max_bytes or number > max_members:
                    raise ModelUnusable(
                        f"the artifact of {whose} unpacks to more than {max_bytes} bytes or {max_members} files"
                    )
                tar.extract(member, target, filter="data")
            # tarfile ends before the checksum does, which alone tells damaged content
            if len(stream.read(END + 1)) > END:
                raise ModelUnusable(f"the artifact of {whose} holds more than {END} bytes after its last file")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ModelUnusable(f"the artifact of {whose} cannot be unpacked: {error}") from error
    if not (target / SAVED_MODEL).is_file():
        raise ModelUnusable(f"the artifact of {whose} holds no {SAVED_MODEL}")


class _Unpacked(gzip.GzipFile):
    """Refuses to give more at once than a header may have: tarfile believes any size that an archive tells of one."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > 2 * HEADER:
            raise tarfile.ReadError(f"a header of more than {HEADER} bytes")
        return super().read(size)


def _check(member: tarfile.TarInfo, whose: str, seen: set[PurePosixPath]) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise ModelUnusable(f"the artifact of {whose} holds {member.name!r}, which leads out of its folder")
    if not (member.isfile() or member.isdir()):
        raise ModelUnusable(f"the artifact of {whose} holds {member.name!r}, which is neither a file nor a folder")
    if path in seen and member.isfile():
        raise ModelUnusable(f"the artifact of {whose} holds {member.name!r} twice")
    seen.add(path)


def _download(s3: Any, request: dict[str, str], file: Path) -> None:
    with file.open("wb") as out:
        for chunk in s3.get_object(**request)["Body"].iter_chunks(CHUNK):
            out.write(chunk)


def _name(version: Version, etag: str) -> str:
    told = "\n".join((version.arn, version.artifact_uri, etag))
    return f"{version.model}-{version.number}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _remove_abandoned(folder: Path) -> None:
    for partial in folder.glob(f"{PARTIAL}*"):
        try:
            old = time.time() - partial.stat().st_mtime > ABANDONED
        except FileNotFoundError:  # its command has just ended
            continue
        if old:
            shutil.rmtree(partial, ignore_errors=True)
