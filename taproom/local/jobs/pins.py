"""Whether a requirements.txt is satisfied here: what the image's toolkit would have pip install."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CONTINUED = re.compile(r"\\\n")
COMMENT = re.compile(r"(^|\s)#.*")
OPTION = re.compile(r"(^|\s)--?\w.*")  # --hash=... of a requirement, or a line of options alone


def missing_pins(requirements: Path) -> list[str]:
    """The requirements that this environment does not satisfy, each with what is installed instead."""
    from packaging.requirements import InvalidRequirement, Requirement

    missing = []
    for text in _requirements(requirements):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # a path or a URL: pip could say whether it is there, this cannot
            missing.append(f"{text} (not a name and version)")
            continue
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            missing.append(text)
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            missing.append(f"{text} (installed: {installed})")
    return missing


def _requirements(file: Path) -> Iterator[str]:
    """The requirements in a file, without comments and pip's options."""
    if not file.is_file():
        return
    for line in CONTINUED.sub(" ", file.read_text(encoding="utf-8")).splitlines():
        if text := OPTION.sub("", COMMENT.sub("", line)).strip():
            yield text
