"""Executions to draw, from a folder as collecting leaves it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from taproom.graph.recorded import RunUnreadable, from_folder
from tests.taproom.graph.histories import BEGIN, History


def collected(folder, **more):
    history = History()
    history.enter("TakeLease")
    execution = {"name": "night", "status": "RUNNING", **more}
    (folder / "execution.json").write_text(json.dumps(execution))
    (folder / "history.json").write_text(json.dumps({"events": history.events}, default=datetime.isoformat))
    return folder


def test_a_collected_run_has_times(tmp_path):
    recorded = from_folder(collected(tmp_path, status="FAILED", stopDate="2026-01-05T12:00:09+00:00"))
    assert (recorded.name, recorded.status) == ("night", "FAILED")
    assert recorded.events[0]["timestamp"] == BEGIN + timedelta(seconds=1)
    assert recorded.now == datetime(2026, 1, 5, 12, 0, 9, tzinfo=UTC)
    assert recorded.definition is None


def test_a_collected_run_has_the_definition_that_it_ran_with(tmp_path):
    (tmp_path / "definition.json").write_text('{"StartAt": "Once", "States": {}}')
    assert from_folder(collected(tmp_path)).definition == {"StartAt": "Once", "States": {}}


def test_a_run_that_was_collected_before_its_end_is_known_until_its_last_event(tmp_path):
    assert from_folder(collected(tmp_path)).now == BEGIN + timedelta(seconds=1)


@pytest.mark.parametrize("broken", ["execution.json", "history.json"])
@pytest.mark.parametrize("text", [None, "no JSON", "[]", '{"events": []}'])
def test_a_folder_that_holds_no_run_is_told(tmp_path, broken, text):
    collected(tmp_path)
    (tmp_path / broken).unlink()
    if text is not None:
        (tmp_path / broken).write_text(text)
    with pytest.raises(RunUnreadable, match="holds no run"):
        from_folder(tmp_path)
