"""Which steps a run took from earlier ones, and what that spared."""

from __future__ import annotations

import json

from taproom.cached import CachedStep, cached_steps, run_folder, runs_told
from tests.taproom.histories import ARN, EARLIER, History, cached

BOTH = [CachedStep("Preprocess", EARLIER), CachedStep("TrainRanking", EARLIER)]


def costs(folder, *jobs):
    folder.mkdir()
    told = [dict(zip(("Step", "Status", "Seconds"), job, strict=True)) for job in jobs]
    (folder / "costs.json").write_text(json.dumps({"Jobs": told}))


def test_hits_are_read_with_the_run_that_made_them_and_where_that_is():
    assert cached_steps(cached().events) == [
        CachedStep("Preprocess", EARLIER, {"Prefix": "s3://data/runs/first-1/data/"}),
        CachedStep(
            "TrainRetrieval",
            EARLIER,
            {"ModelDataUrl": "s3://data/runs/first-1/models/retrieval/job-1/output/model.tar.gz"},
        ),
    ]
    assert [one.run for one in cached_steps(cached().events)] == ["first", "first"]


def test_other_pass_states_are_no_hits():
    history = History().passed("Outcome", kind="Pass").passed("OtherHit", kind="Pass").passed("Hit", kind="Pass")
    assert cached_steps(history.events) == []


def test_the_seconds_that_the_earlier_run_was_billed_are_told(tmp_path):
    jobs = ("Preprocess", "Completed", 30), ("TrainRanking", "Completed", 100.25), ("TrainRanking", "Stopped", 7)
    costs(tmp_path / "first", *jobs, ("EvaluateRanking", "Completed", 1))
    assert runs_told(BOTH, tmp_path) == ["Preprocess, TrainRanking from run first (130.2 job seconds not spent)"]


def test_without_the_earlier_runs_folder_or_a_job_in_it_no_seconds_are_told(tmp_path):
    assert runs_told(BOTH, tmp_path) == ["Preprocess, TrainRanking from run first"]
    costs(tmp_path / "first", ("Preprocess", "Completed", 30))
    assert runs_told(BOTH, tmp_path) == ["Preprocess, TrainRanking from run first"]
    (tmp_path / "first" / "costs.json").write_text("[")
    assert runs_told(BOTH, tmp_path) == ["Preprocess, TrainRanking from run first"]


def test_each_earlier_run_has_its_own_line(tmp_path):
    told = runs_told([*BOTH, CachedStep("EvaluateRanking", ARN.format("zeroth"))], tmp_path)
    assert told == ["Preprocess, TrainRanking from run first", "EvaluateRanking from run zeroth"]
    assert runs_told([], tmp_path) == []


def test_a_runs_folder_lies_in_runs_whatever_the_runs_name(tmp_path):
    assert run_folder(tmp_path, "../../etc").parent == tmp_path
