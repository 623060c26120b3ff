"""Rows can fail: without the protection that it is about, a row goes red."""

from __future__ import annotations

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.chaos.mutations import MUTATIONS
from tests.chaos.play import stage_on
from tests.chaos.rows import ROWS
from tests.pipeline.deployed import TINY_TRAINING, project_with

pytestmark = [pytest.mark.slow, pytest.mark.chaos]
BY_NAME = {row.name: row for row in ROWS}


@pytest.mark.parametrize("mutation", [pytest.param(one, id=one.protection) for one in MUTATIONS])
def test_a_row_sees_that_a_protection_is_gone(mutation, tmp_path, record_property):
    row = BY_NAME[mutation.row]
    folder = project_with(TINY_TRAINING, tmp_path / "project")
    mutation.edit.apply(folder)
    with LocalAws(tmp_path / "aws", Clock(skip_waits=True)) as aws:
        stage = stage_on(aws, folder / "template.yaml")
        try:
            problems = stage.play(row).problems
        except AssertionError as error:  # the scene itself did not come about
            problems = [str(error)]
        stage.injector.disarm()
    record_property("mutation", mutation.protection)
    record_property("seen", problems[0] if problems else "")
    assert problems, f"{row.name} did not see it"


def test_there_are_enough_and_each_is_another():
    assert len({one.protection for one in MUTATIONS}) == len(MUTATIONS) >= 10
    assert len({one.edit for one in MUTATIONS}) == len(MUTATIONS)
