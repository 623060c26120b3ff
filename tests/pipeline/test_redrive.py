"""Redriving an execution of the deployed state machine whose preprocessing failed for good."""

from __future__ import annotations

import pytest

from taproom.collect import job_names
from taproom.outcome import failures_of, model_results
from tests.pipeline.deployed import script

pytestmark = pytest.mark.slow


def rows(snapshot):
    return {row.name: row for row in snapshot.states}


def test_a_redrive_after_the_reviews_were_mended_ends_registered(tiny_pipeline):
    stepfunctions = tiny_pipeline.aws.client("stepfunctions")
    before = len(tiny_pipeline.registered())
    failed = tiny_pipeline.upload("reviews/redrive/a.csv", script(preprocess="these reviews are no good"))
    assert failed.status == "FAILED"
    assert failures_of(failed)[0].step == "Preprocess"
    (first,) = job_names(failed)
    arn = failed.execution["executionArn"]

    stepfunctions.redrive_execution(executionArn=arn)
    again = tiny_pipeline.finished(arn)  # nothing was mended
    assert again.status == "FAILED"
    assert failures_of(again)[0].step == "Preprocess"
    assert "these reviews are no good" in failures_of(again)[0].cause

    own = tiny_pipeline.upload("reviews/redrive/a.csv", script())
    assert own.status == "SUCCEEDED", failures_of(own)
    stepfunctions.redrive_execution(executionArn=arn)
    mended = tiny_pipeline.finished(arn)
    assert mended.status == "SUCCEEDED", failures_of(mended)
    assert [one["Status"] for one in model_results(mended.events)] == ["Registered", "Registered"]
    assert mended.execution["redriveCount"] == 2
    assert len(tiny_pipeline.registered()) > before

    stem = first.removesuffix("-0-0-0")
    assert first != stem
    # round, retry, redrive: every job has a name of its own
    names = job_names(mended)
    assert [name for name in names if name.startswith(stem)] == [f"{stem}-0-0-0", f"{stem}-4-0-1", f"{stem}-8-0-2"]
    assert len(names) == 3  # what the upload's own execution has trained and evaluated is not done again
    assert rows(mended)["Prepare"].visits == 1
    assert rows(mended)["Preprocess"].visits == 3
    assert rows(mended)["Preprocess"].status == "succeeded"
