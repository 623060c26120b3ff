"""Earlier runs that a page tells of, and where their own reports are.

A page in S3 is opened by an address that is signed for it alone: no link in it could lead to another one, so it says
the other's s3:// URI. Where runs are collected they lie beside one another, and a link leads from each to each.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from urllib.parse import quote

from taproom.cached import run_folder
from taproom.report.documents import read_object
from taproom.report.publish import PAGE

EARLIER = "earlier-reports.json"  # {execution's name: s3:// URI of its report}
WITHOUT_LINK = re.compile(r'<a data-run="([^"]*)">')  # as templates/report/parts.html writes it


def earlier_reports(folder: Path) -> Mapping[str, str]:
    """The s3:// URIs of earlier runs' reports, by the runs' names, as far as they are known."""
    return {name: uri for name, uri in read_object(folder / EARLIER).items() if isinstance(uri, str)}


def link_to_collected(page: Path, runs: Path) -> None:
    """Make each run that ``page`` names a link to its report, if it is collected in ``runs``."""

    def linked(found: re.Match[str]) -> str:
        report = run_folder(runs, unescape(found[1])) / PAGE
        if not found[1] or not report.is_file():
            return found[0]
        path = os.path.relpath(report.absolute(), page.parent.absolute())
        return f'<a data-run="{found[1]}" href="{quote(Path(path).as_posix())}">'

    text = page.read_text(encoding="utf-8")
    if (with_links := WITHOUT_LINK.sub(linked, text)) != text:
        page.write_text(with_links, encoding="utf-8")
