"""What the documentation tells its reader to type: command lines of code blocks, and commands within sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
]
PROGRAMS = r"(?:make|taproom|sam|aws|eval|export|python3?|pip3?|uv|git|apt-get|apt|brew|curl|docker|\.venv/bin/\w+)"
COMMAND = re.compile(rf"{PROGRAMS}(?: .*)?")
INLINE = re.compile(r"`((?:make|taproom)(?: [^`\n]+(?:\n *[^`\n]+)?)?)`")
BESIDE = re.compile(r"\s{2,}.*")  # what a command line is explained with, in a column of its own
FENCE = re.compile(r"```(\w*)")


@dataclass(frozen=True)
class Written:
    """A command, and the page that it stands in."""

    command: str
    page: str


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The language ("" for none) and the text of each code block, fenced or indented."""
    language, gathered = None, []
    for line in [*text.splitlines(), "end"]:
        fence = FENCE.fullmatch(line.strip())
        if language not in (None, "indented"):  # within a fence
            if fence:
                yield language, "\n".join(gathered)
                language, gathered = None, []
            else:
                gathered.append(line)
            continue
        if line.startswith("    ") or (language == "indented" and not line.strip()):
            language = "indented"
            gathered.append(line[4:])
            continue
        if language == "indented":
            yield "", "\n".join(gathered)
            language, gathered = None, []
        if fence:
            language = fence[1]


def commands_in(text: str) -> Iterator[str]:
    """Each command of the blocks; those that ``&&`` joins are told apart, and which account is left out."""
    for language, block in blocks(text):
        if language not in ("", "bash", "sh"):
            continue
        for line in block.splitlines():
            told = BESIDE.sub("", line)
            if not line.startswith(" ") and COMMAND.fullmatch(told):
                yield from (one.strip().replace(" --profile me", "") for one in told.split("&&"))


def written() -> list[Written]:
    """Every command of every page, each once."""
    found = {}
    for page in PAGES:
        for command in commands_in(page.read_text(encoding="utf-8")):
            found.setdefault(command, Written(command, str(page.relative_to(PROJECT))))
    return list(found.values())


def mentioned() -> list[Written]:
    """Every command of `make` or `taproom` that a sentence or a code block names, each once, as it stands there."""
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [BESIDE.sub("", line) for _, block in blocks(text) for line in block.splitlines()]
        told = [
            part.strip() for line in lines for part in line.split("&&") if re.match(r"(make|taproom)\b", part.strip())
        ]
        told += [" ".join(one.split()) for one in INLINE.findall(text)]
        for command in told:
            found.setdefault(command, Written(command, str(page.relative_to(PROJECT))))
    return list(found.values())


def python_blocks(page: str) -> list[str]:
    """The Python of a page, block by block."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    return [block for language, block in blocks(text) if language == "python"]
