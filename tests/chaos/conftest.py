"""A deployed stack whose faults are injected, and the table of what came of each row."""

from __future__ import annotations

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.chaos.play import stage_on
from tests.pipeline.deployed import TINY_TRAINING, project_with


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock(skip_waits=True)) as aws:
        yield stage_on(aws, folder / "template.yaml")


def pytest_terminal_summary(terminalreporter):
    """The table, once all rows were played, in whichever processes."""
    rows = [
        dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call" and dict(report.user_properties).get("row")
    ]
    if not rows:
        return
    terminalreporter.section("faults")
    width = max(len(row["row"]) for row in rows)
    for row in sorted(rows, key=lambda one: one["row"]):
        then = "then" if row["recovery"] == "none" else row["recovery"]
        ended = row["status"] + (f", {then} {row['recovered']}" if row["recovered"] else "")
        told = "as declared" if not row["problems"] else "NOT AS DECLARED"
        terminalreporter.write_line(f"{row['row']:<{width}}  {ended:<28}  {told}")
    good = sum(not row["problems"] for row in rows)
    terminalreporter.write_line(f"{good} of {len(rows)} rows ended as declared")
