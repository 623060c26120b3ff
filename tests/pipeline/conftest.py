"""The deployed stack on a local AWS: whole executions, through the real template, functions and state machine."""

from __future__ import annotations

import pytest

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.pipeline.deployed import TINY_TRAINING, deployed, project_with


@pytest.fixture(scope="module")
def tiny_pipeline(tmp_path_factory):
    """The stack with job scripts that do what the reviews say; waits and backoff cost no time. No schedule."""
    folder = project_with(TINY_TRAINING, tmp_path_factory.mktemp("project"))
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock(skip_waits=True)) as aws:
        yield deployed(aws, folder / "template.yaml", ScheduleState="DISABLED", UploadDebounceSeconds="0")
