"""Every row of the table of faults ends as it declares, and leaves the stack as it should be."""

from __future__ import annotations

import pytest

from tests.chaos.rows import ROWS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.name, marks=() if row.quick else pytest.mark.chaos) for row in ROWS]
)
def test_row(stage, row, record_property):
    played = stage.play(row)
    for name, value in (
        ("row", row.name),
        ("status", played.status),
        ("recovery", row.recovery),
        ("recovered", played.recovered),
        ("problems", played.problems),
    ):
        record_property(name, value)
    assert not played.problems


def test_names_are_unique():
    assert len({row.name for row in ROWS}) == len(ROWS)
