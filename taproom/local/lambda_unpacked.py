"""The zips of a Lambda function as folders."""

from __future__ import annotations

import hashlib
import io
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path

from taproom.local.lambda_foreign import leave_to_runtime
from taproom.local.lambda_process import runtime_packages


def unpacked(archives: Sequence[bytes], target: Path, packages: str = ".") -> Path:
    """Zips, a later one over an earlier one, as the folder ``target``: made once, whole or not at all.

    ``packages``: the folder in it that holds Python's packages.
    """
    if not target.exists():
        partial = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
        partial.mkdir(parents=True)
        for content in archives:
            _extract(content, partial)
        leave_to_runtime(partial / packages, runtime_packages())
        try:
            partial.rename(target)
        except OSError:
            if not target.exists():
                raise
    return target


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _extract(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
        for entry in archive.infolist():
            mode = (entry.external_attr >> 16) & 0o777
            if mode and not entry.is_dir():
                (folder / entry.filename).chmod(mode)
