"""The job scripts as a reproducible package: the same files give the same bytes and the same digest, anywhere."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

DIGEST_LENGTH = 32  # hexadecimal digits


class NoTrainingCode(ValueError):
    """There are no job scripts to publish."""


@dataclass(frozen=True)
class CodePackage:
    """Files by their relative path with forward slashes, sorted by it."""

    files: dict[str, bytes]

    def digest(self) -> str:
        """Of names and contents, each with its length, so that no two sets of files share one."""
        digest = hashlib.sha256()
        for name, content in self.files.items():
            encoded = name.encode()
            digest.update(f"{len(encoded)} {len(content)}\n".encode() + encoded + content)
        return digest.hexdigest()[:DIGEST_LENGTH]

    def archive(self) -> bytes:
        """sourcedir.tar.gz, with nothing in it of when, where and by whom it was made."""
        buffer = io.BytesIO()
        with (
            gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as compressed,
            tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name, content in self.files.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode, member.mtime = len(content), 0o644, 0
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()

    def objects(self) -> dict[str, bytes]:
        """What is published, by key: ``code/<digest>/sourcedir.tar.gz`` and ``code/<digest>/src/<file>``."""
        root = f"code/{self.digest()}"
        sources = {f"{root}/src/{name}": content for name, content in self.files.items()}
        return sources | {f"{root}/sourcedir.tar.gz": self.archive()}


def read_package(folder: Path) -> CodePackage:
    """All files below ``folder`` but dotfiles and caches. Raises NoTrainingCode when there is none."""
    files = {}
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if path.is_file() and not hidden:
            files[relative.as_posix()] = path.read_bytes()
    if not files:
        raise NoTrainingCode(f"no job scripts in {folder}: the artifact must hold a copy of training/")
    return CodePackage(dict(sorted(files.items())))
