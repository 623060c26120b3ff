"""Very many files of reviews: no state's input or output comes near the limit, for lists lie in S3."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from taproom.outcome import failures_of
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with, script

pytestmark = pytest.mark.slow
LARGEST = 256 * 1024  # bytes that Step Functions allows
MOST_EVENTS = 25_000


@pytest.fixture
def pipeline(tmp_path):
    folder = project_with(TINY_TRAINING, tmp_path / "project")
    with LocalAws(tmp_path / "aws", Clock(skip_waits=True)) as aws:
        yield deployed(aws, folder / "template.yaml", ScheduleState="DISABLED", UploadRuleState="DISABLED")


def texts_in(value):
    """Every text below a value."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_in(one)


@pytest.mark.parametrize("files", [60, pytest.param(1_000, marks=pytest.mark.long)])
def test_with_very_many_files_every_input_and_output_is_small(pipeline, files):
    content = script()
    keys = [f"reviews/week {number % 10}/a rather long name of a file {number:04}.csv" for number in range(files)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: pipeline.put(key, content), keys))
    snapshot = pipeline.start({})
    assert snapshot.status == "SUCCEEDED", failures_of(snapshot)
    manifest = pipeline.document(f"{run_of(snapshot)}reviews-manifest.json")
    assert sorted(manifest[1:]) == sorted(key.removeprefix("reviews/") for key in keys)
    sizes = [len(text.encode()) for event in snapshot.events for text in texts_in(event)]
    assert max(sizes) < LARGEST / 4
    assert len(snapshot.events) < MOST_EVENTS / 50


def run_of(snapshot):
    return json.loads(snapshot.execution["output"])["Prepare"]["RunPrefix"]
