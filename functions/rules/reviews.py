"""Which objects are reviews, and the manifest that hands exactly those to the preprocessing job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rules.execution_input import REVIEW_SUFFIXES
from rules.s3_uri import S3Uri
from rules.wording import clipped, listed, printable, shown

LONGEST_PART = 255  # bytes of a file's name on the disk of a job


class NoReviews(ValueError):
    """Nothing under the prefix is a review file."""


class EmptyReviewsFile(ValueError):
    """A review file has no content."""


class UnusableReviewsKey(ValueError):
    """A review file's key cannot be handed to a job."""


@dataclass(frozen=True)
class StoredObject:
    """An object as a listing shows it; ``size`` in bytes."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True)
class Reviews:
    """The review files below ``folder`` (an S3 prefix that ends with a slash), sorted by key; at least one."""

    folder: S3Uri
    files: tuple[StoredObject, ...]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    def document(self, manifest_uri: str) -> dict[str, Any]:
        """What the state machine is told of the reviews: never the list itself."""
        counted = {"Count": len(self.files), "Bytes": self.bytes}
        return counted | {"ManifestUri": manifest_uri, "Digest": self.digest()}

    def names(self) -> list[str]:
        """The keys relative to the folder."""
        return [file.key.removeprefix(self.folder.key) for file in self.files]

    def manifest(self) -> list[Any]:
        """The document of a SageMaker ManifestFile."""
        return [{"prefix": str(self.folder)}, *self.names()]

    def digest(self) -> str:
        """Tells contents apart, wherever they lie: names below the folder, ETags and sizes."""
        digest = hashlib.sha256()
        for name, file in zip(self.names(), self.files, strict=True):
            digest.update(f"{name}\0{file.etag}\0{file.size}\n".encode())
        return digest.hexdigest()


def choose_reviews(place: S3Uri, found: Iterable[StoredObject]) -> Reviews:
    """The review files at ``place`` (a prefix, or one file's key) among the objects found.

    Raises NoReviews, EmptyReviewsFile or UnusableReviewsKey.
    """
    folder = S3Uri(place.bucket, place.key.rpartition("/")[0] + "/")
    single = None if place.key.endswith("/") else place.key
    objects = [one for one in found if single is None or one.key == single]
    files = sorted((one for one in objects if is_review(one.key)), key=lambda one: one.key)
    if not files:
        seen = listed([one.key for one in objects]) if objects else "nothing"
        raise NoReviews(
            clipped(
                f"no reviews under {printable(str(place))}: expected {', '.join(REVIEW_SUFFIXES)} files, saw {seen}. "
                "Upload reviews there, or name another place in InputData"
            )
        )
    for file in files:
        if why := _why_unusable(file.key):
            raise UnusableReviewsKey(
                clipped(f"the key {shown(file.key, 600)} cannot be handed to a job: {why}. Rename the object")
            )
        if file.size == 0:
            raise EmptyReviewsFile(
                clipped(f"the reviews file {shown(file.key, 600)} is empty (0 bytes): remove it or upload it again")
            )
    if both := _file_and_folder({file.key for file in files}):
        raise UnusableReviewsKey(
            clipped(f"the key {shown(both, 600)} is also the folder of another: a job has room for one. Rename either")
        )
    return Reviews(folder, tuple(files))


def is_review(key: str) -> bool:
    """Whether a key's ending says that the object holds reviews; a console's folder marker never does."""
    return key.lower().endswith(REVIEW_SUFFIXES)


def _why_unusable(key: str) -> str | None:
    """Why no job can have the object as a file, or none should."""
    parts = key.split("/")
    if key != printable(key):
        return "it holds control characters or invisible ones"
    if {"", ".", ".."} & set(parts):
        return "it holds the path parts '', '.' or '..'"
    if max(len(part.encode()) for part in parts) > LONGEST_PART:
        return f"a part of its path has more than {LONGEST_PART} bytes, which no file name may have"
    return None


def _file_and_folder(keys: set[str]) -> str | None:
    """A key that is the folder of another one."""
    folders = {key[:place] for key in keys for place, sign in enumerate(key) if sign == "/"}
    return min(keys & folders, default=None)
