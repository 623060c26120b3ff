"""Packages of a function that are compiled for another machine, such as for Lambda's Linux on a Mac.

`sam build` puts packages beside the function's code, for the Python and the machine of its runtime. Where this machine
is another one, those with compiled modules cannot be imported; the runtime's own packages take their place.
"""

from __future__ import annotations

import importlib.machinery
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

TAGGED = re.compile(r"[^.]+(?P<suffix>\.(?:cpython|pypy)[^.]*\.(?:so|dylib|pyd))")


def leave_to_runtime(task_root: Path, runtime_packages: Iterable[str]) -> list[str]:
    """Remove from an unpacked function what cannot be imported here and what the runtime has too; returns the names."""
    folders = [Path(folder) for folder in runtime_packages]
    foreign = {file.relative_to(task_root).parts[0] for file in task_root.rglob("*") if is_foreign(file.name)}
    replaceable = sorted(name for name in foreign if any((folder / name).exists() for folder in folders))
    for name in replaceable:
        shutil.rmtree(task_root / name)
    return replaceable


def is_foreign(file_name: str) -> bool:
    """Whether a file is an extension module that says itself to be for another Python or machine."""
    found = TAGGED.fullmatch(file_name)
    return found is not None and found["suffix"] not in importlib.machinery.EXTENSION_SUFFIXES
