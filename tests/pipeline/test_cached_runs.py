"""Runs that do nothing twice: nothing new, cached steps, and reruns, on the deployed stack."""

from __future__ import annotations

import json

import pytest

from taproom.collect import job_names
from taproom.outcome import failures_of, model_results
from tests.pipeline.deployed import script

pytestmark = pytest.mark.slow
STEPS = ["Preprocess", "TrainRetrieval", "EvaluateRetrieval", "TrainRanking", "EvaluateRanking"]


def visited(snapshot):
    return {
        event["stateEnteredEventDetails"]["name"] for event in snapshot.events if "stateEnteredEventDetails" in event
    }


def hits(snapshot):
    return [step for step in STEPS if f"{step}Hit" in visited(snapshot)]


def prepared(snapshot):
    return json.loads(snapshot.execution["output"])["Prepare"]


def explained(pipeline, snapshot, step):
    """What the run's look-up wrote down of the step."""
    return pipeline.document(f"{prepared(snapshot)['RunPrefix']}cache/{step}.json")


def on(pipeline, folder, **parameters):
    """Start by hand on a folder of reviews."""
    return pipeline.start({"InputData": f"s3://{pipeline.bucket}/reviews/{folder}/", **parameters})


def test_a_run_of_the_very_same_ends_without_a_job_and_names_the_run_before(tiny_pipeline):
    content = script()
    first = tiny_pipeline.upload("reviews/same/a.csv", content)
    assert hits(first) == []
    second = tiny_pipeline.upload("reviews/same/a.csv", content)
    assert second.status == "SUCCEEDED"
    assert "NoNewData" in visited(second)
    assert job_names(second) == []
    assert prepared(second)["LastRun"]["ExecutionArn"] == first.execution["executionArn"]

    forced = on(tiny_pipeline, "same", Force=True)
    assert forced.status == "SUCCEEDED", failures_of(forced)
    assert hits(forced) == STEPS
    assert job_names(forced) == []
    before, after = model_results(first.events), model_results(forced.events)
    assert [one["ModelPackageArn"] for one in after] == [
        one["ModelPackageArn"] for one in before
    ]  # and no other version
    assert [one["Status"] for one in after] == ["Registered", "Registered"]


def test_with_more_epochs_preprocessing_is_a_hit_and_training_runs(tiny_pipeline):
    first = tiny_pipeline.upload("reviews/epochs/a.csv", script())
    second = on(tiny_pipeline, "epochs", TrainingEpochs=3)
    assert second.status == "SUCCEEDED", failures_of(second)
    assert "Preprocess" in hits(second)
    assert {"TrainRetrieval", "TrainRanking"} <= visited(second) - set(hits(second))
    told = explained(tiny_pipeline, second, "TrainRetrieval")
    assert told["Hit"] is False
    assert told["Differences"] == ['HyperParameters.epochs was "20", now "3"']
    assert explained(tiny_pipeline, second, "Preprocess")["From"] == first.execution["executionArn"]


def test_what_is_older_than_expire_after_is_a_miss(tiny_pipeline):
    tiny_pipeline.upload("reviews/expired/a.csv", script())
    tiny_pipeline.aws.clock.advance(2)
    second = on(tiny_pipeline, "expired", Force=True, CacheConfig={"ExpireAfter": "PT1S"})
    assert second.status == "SUCCEEDED", failures_of(second)
    assert "Preprocess" not in hits(second)
    assert "PT1S" in explained(tiny_pipeline, second, "Preprocess")["Reason"]


def test_reviews_overwritten_under_their_key_are_a_miss_that_names_them(tiny_pipeline):
    tiny_pipeline.upload("reviews/overwritten/a.csv", script())
    second = tiny_pipeline.upload("reviews/overwritten/a.csv", script())
    assert hits(second) == []
    (difference,) = explained(tiny_pipeline, second, "Preprocess")["Differences"]
    assert difference.startswith("reviews: a.csv was overwritten")


def test_reviews_of_another_name_and_the_same_content_are_a_hit(tiny_pipeline):
    content = script()
    tiny_pipeline.upload("reviews/renamed/a.csv", content)
    second = tiny_pipeline.upload("reviews/renamed-otherwise/b.csv", content)
    assert "NoNewData" in visited(second)
    assert hits(on(tiny_pipeline, "renamed-otherwise", Force=True)) == STEPS


def test_a_cached_output_that_is_gone_or_changed_is_a_miss(tiny_pipeline):
    first = tiny_pipeline.upload("reviews/gone-output/a.csv", script())
    place = prepared(first)["DataPrefix"].removeprefix(f"s3://{tiny_pipeline.bucket}/")
    tiny_pipeline.aws.client("s3").delete_object(Bucket=tiny_pipeline.bucket, Key=f"{place}train.parquet")
    second = on(tiny_pipeline, "gone-output", Force=True)
    assert second.status == "SUCCEEDED", failures_of(second)
    assert "Preprocess" not in hits(second)
    assert "train.parquet" in explained(tiny_pipeline, second, "Preprocess")["Reason"]


def test_without_the_cache_every_job_runs(tiny_pipeline):
    tiny_pipeline.upload("reviews/uncached/a.csv", script())
    second = on(tiny_pipeline, "uncached", Force=True, CacheConfig={"Enabled": False})
    assert hits(second) == []
    assert len(job_names(second)) == len(STEPS)


def test_a_rerun_takes_every_finished_step_whatever_the_cache_is_told(tiny_pipeline):
    failed = tiny_pipeline.upload("reviews/rerun/a.csv", script(evaluate_ranking="no disk is left"))
    assert failed.status == "FAILED"
    (failure,) = failures_of(failed)
    assert failure.step == "EvaluateRanking"
    arn = failed.execution["executionArn"]
    assert f"taproom rerun {arn}" in failed.execution["cause"]
    parameters = {"InputData": f"s3://{tiny_pipeline.bucket}/reviews/rerun/", "CacheConfig": {"Enabled": False}}
    again = tiny_pipeline.start({"DefaultInput": parameters, "RerunOf": arn})
    assert hits(again) == ["Preprocess", "TrainRetrieval", "EvaluateRetrieval", "TrainRanking"]
    (job,) = job_names(again)
    assert job.startswith("evaluate-ranking")
    before, after = (model_results(one.events)[0] for one in (failed, again))
    assert after["ModelPackageArn"] == before["ModelPackageArn"]  # registered once, though two executions got so far
