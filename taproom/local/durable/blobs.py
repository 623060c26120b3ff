"""Bytes in files named by their SHA-256: the same content is there once, and a file that is there is whole."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path


class Blob:
    """A kept content as moto's keys read one (seek and read); no file stays open between two reads."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self._at = 0

    @property
    def digest(self) -> str:
        return self.path.name

    def seek(self, offset: int) -> int:
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self._at)
            content = file.read(size)
        self._at += len(content)
        return content

    def close(self) -> None:
        """Nothing: the file stays as long as a document names it."""


class Blobs:
    """All contents, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def path(self, digest: str) -> Path:
        return self._folder / digest

    def blob(self, digest: str) -> Blob:
        path = self.path(digest)
        return Blob(path, path.stat().st_size)

    def write(self, content: bytes) -> Blob:
        """Keep a content; it is on disk when this returns. A document that names it makes it outlive the next start."""
        path = self.path(hashlib.sha256(content).hexdigest())
        if not path.exists():
            fresh = path.with_name(f"{uuid.uuid4().hex}.new")
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            _sync_folder(self._folder)
        return Blob(path, len(content))

    def sweep(self, used: set[str]) -> list[str]:
        """Remove what no document names: overwritten and deleted contents, unfinished files. Returns what is lost."""
        there = set()
        for path in self._folder.iterdir():
            if path.name in used:
                there.add(path.name)
            else:
                path.unlink()
        return sorted(used - there)


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder written to disk, as fsync of a file does not."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
