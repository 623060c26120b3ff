"""Whether a requirements.txt is satisfied here: what the image's toolkit would have pip install."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def missing_pins(requirements: Path) -> list[str]:
    """The requirements that this environment does not satisfy, each with what is installed instead."""
    from packaging.requirements import Requirement

    if not requirements.is_file():
        return []
    missing = []
    for line in requirements.read_text(encoding="utf-8").splitlines():
        text = line.split(" #")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        requirement = Requirement(text)
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
