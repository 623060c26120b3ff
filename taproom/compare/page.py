"""The page: written from templates that escape, in one file that asks for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from taproom.compare.charts import figures_of
from taproom.compare.comparison import Comparison
from taproom.registry.cells import STATUS
from taproom.registry.difference import Difference
from taproom.registry.quality import LOWER_IS_BETTER, MAIN_METRIC
from taproom.report.earlier import link_to_collected
from taproom.report.figures import Figure
from taproom.report.metrics import named
from taproom.report.page import environment

# which colours of the report's style sheet a status has
LOOKS = {"approved": "registered", "pending": "", "rejected": "failed"}


@dataclass(frozen=True)
class Section:
    """A model's part of the page. ``metrics`` are (key, name, whether low is better).

    ``otherwise_measured``: the versions of which the held-out reviews are not those of the version before.
    """

    comparison: Comparison
    main: str
    main_name: str
    metrics: list[tuple[str, str, bool]]
    figures: list[Figure]
    changes: list[Difference]
    otherwise_measured: list[int]
    gaps: list[tuple[int, str, str]]


DIGEST = 32  # hexadecimal digits that a text has at least which is told by its first ones
SHOWN = 12


def write_page(comparisons: Sequence[Comparison], stack: str, path: Path, runs: Path | None = None) -> Path:
    """Write ``path`` and return it, with links to the reports that are in ``runs``. Raises OSError."""
    templates = environment()
    templates.filters["short"] = _short
    page = templates.get_template("compare/page.html").render(
        sections=[section_of(one) for one in comparisons],
        title=_title(comparisons),
        stack=stack,
        now=datetime.now(UTC),
        status=_status,
        looks=LOOKS,
    )
    path.write_text(page, encoding="utf-8", errors="replace")
    if runs is not None:
        link_to_collected(path, runs)
    return path


def section_of(comparison: Comparison) -> Section:
    main = MAIN_METRIC[comparison.model]
    return Section(
        comparison,
        main,
        named(main, comparison.k),
        [
            (key, named(key, comparison.k), key in LOWER_IS_BETTER)
            for key in sorted(comparison.metrics, key=lambda key: key != main)
        ],
        figures_of(comparison),
        comparison.changes,
        [one.second.version.number for one in comparison.changes[::-1] if one.same_test_set is False],
        [(row.version.number, what, why) for row in comparison.rows for what, why in row.missing.items()],
    )


def _title(comparisons: Sequence[Comparison]) -> str:
    models = " and ".join(one.model for one in comparisons)
    most = max(len(one.rows) for one in comparisons)
    return f"The last {most} versions of {models}" if most > 1 else f"The newest version of {models}"


def _short(value: Any) -> Any:
    """A digest by its beginning; anything else as it is."""
    is_digest = isinstance(value, str) and len(value) >= DIGEST and not set(value) - set("0123456789abcdef")
    return f"{value[:SHOWN]}…" if is_digest else value


def _status(approval_status: str) -> str:
    return STATUS.get(approval_status, (approval_status, ""))[0]
