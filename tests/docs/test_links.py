"""What the documentation links to is there: files, and headings in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.written import FENCE, PAGES, PROJECT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"#{1,6} +(.*)")
FILE = re.compile(
    r"`((?:bench|docs|examples|functions|report|requirements|statemachine|taproom|tests|training)/[^`*<\s]*)`"
)
MADE = ("training/wheelhouse/", "bench/results/")  # by who reads, or by a command


def outside_of_fences(text: str) -> str:
    kept, within = [], False
    for line in text.splitlines():
        if FENCE.fullmatch(line.strip()):
            within = not within
        elif not within and not line.startswith("    "):
            kept.append(line)
    return "\n".join(kept)


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives a page's headings."""
    lines = outside_of_fences(page.read_text(encoding="utf-8")).splitlines()
    headings = [found[1] for line in lines if (found := HEADING.fullmatch(line))]
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


def broken(page: Path, text: str) -> list[str]:
    """The links of ``text``, on ``page``, that lead nowhere."""
    found = []
    for target in LINK.findall(outside_of_fences(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page):
    assert broken(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_file_that_is_named_is_there(page):
    named = [re.split(r"[:{]", one)[0] for one in FILE.findall(page.read_text(encoding="utf-8"))]
    missing = [one for one in named if not one.startswith(MADE) and not list(PROJECT.glob(one.rstrip("/") or "."))]
    assert missing == []


def test_a_link_to_nowhere_is_seen():
    text = "[a](docs/none.md) [b](#no-such) [c](docs/deploying.md#what-a-run-costs) [d](https://x.y) [e](#the-gate)"
    assert broken(PROJECT / "README.md", text) == ["docs/none.md", "#no-such"]


def test_every_page_can_be_reached_from_the_readme():
    seen, ahead = set(), [PROJECT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = LINK.findall(outside_of_fences(page.read_text(encoding="utf-8")))
        ahead += [(page.parent / one.partition("#")[0]).resolve() for one in targets if not re.match(r"[a-z]+:|#", one)]
    assert seen >= set(PAGES)
