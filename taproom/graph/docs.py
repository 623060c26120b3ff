"""Writes the pictures of docs/: `python -m taproom.graph.docs`. A test holds them to the definition."""

from __future__ import annotations

import re
from pathlib import Path

from taproom.graph.mermaid import mermaid
from taproom.graph.picture import picture
from taproom.graph.svg import svg

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)


def written(docs: Path = DOCS) -> dict[Path, str]:
    """The files as they should be, by path. What docs/states.md says around its Mermaid block is kept."""
    drawn = picture()
    page = docs / "states.md"
    text = BLOCK.sub(lambda _: mermaid(drawn.graph), page.read_text(encoding="utf-8"))
    return {page: text, docs / "states.svg": svg(drawn.graph, drawn.title)}


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
