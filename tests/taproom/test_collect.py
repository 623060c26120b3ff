"""What a run leaves on this machine, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taproom.collect import collect, local_name, point_latest, room_of
from tests.taproom.histories import DEFINITION, LAST_RUN, cached, coalesced, nothing_new


def test_objects_are_named_by_what_they_are():
    assert local_name("data/train.parquet") == Path("data/train.parquet")
    assert local_name("models/retrieval/job-1-0-0-0/output/model.tar.gz") == Path("models/retrieval/model.tar.gz")
    assert local_name("evaluation/retrieval/evaluation.json") == Path("evaluation/retrieval.json")
    assert local_name("reviews.manifest") == Path("reviews.manifest")


@given(st.lists(st.text(alphabet="abc.-", min_size=1, max_size=8), min_size=1, max_size=5))
def test_a_name_is_never_empty(parts):
    assert local_name("/".join(parts)).name


def test_latest_follows_the_newest_run(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        point_latest(tmp_path, name)
    assert (tmp_path / "latest").resolve() == tmp_path / "second"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "latest", "second"]


@pytest.mark.parametrize(
    ("step", "room"),
    [("Preprocess", "data/"), ("TrainRanking", "models/ranking/"), ("EvaluateRetrieval", "evaluation/retrieval/")],
)
def test_every_step_has_its_room(step, room):
    assert room_of(step) == room


def objects(aws, *keys):
    """A bucket in which each object says its own key."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="data")
    for key in keys:
        s3.put_object(Bucket="data", Key=key, Body=key.encode())


def test_what_was_taken_from_an_earlier_run_is_collected_as_if_this_one_had_made_it(local_aws, tmp_path):
    own = ("evaluation/retrieval/evaluation.json", "cache/Preprocess.json", "request.json", "triggers.json")
    earlier = (
        "runs/first-1/data/train.parquet",
        "runs/first-1/data/manifest.json",
        "runs/first-1/models/retrieval/job-1/output/model.tar.gz",
        "runs/first-1/evaluation/retrieval/evaluation.json",  # made by this run itself
    )
    objects(local_aws, *(f"runs/second-1/{key}" for key in own), *earlier)
    folder = collect(local_aws.client, cached().snapshot(), tmp_path)
    assert folder == tmp_path / "second"
    made = {
        "data/train.parquet": earlier[0],
        "data/manifest.json": earlier[1],
        "models/retrieval/model.tar.gz": earlier[2],
        "evaluation/retrieval.json": "runs/second-1/evaluation/retrieval/evaluation.json",
        **{name: f"runs/second-1/{name}" for name in own[1:]},
    }
    assert {name: (folder / name).read_text() for name in made} == made
    told = {"execution.json", "definition.json", "history.json", "model-packages.json", "costs.json", "report.html"}
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == told | made.keys()
    assert (tmp_path / "latest").resolve() == folder


def test_the_definition_that_an_execution_ran_with_is_kept(local_aws, tmp_path):
    folder = collect(local_aws.client, nothing_new(LAST_RUN).snapshot(), tmp_path)
    assert json.loads((folder / "definition.json").read_text()) == DEFINITION


def test_with_nothing_new_latest_is_the_run_that_has_the_results(local_aws, tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "other").mkdir()
    collect(local_aws.client, nothing_new(LAST_RUN).snapshot(), tmp_path)
    assert (tmp_path / "latest").resolve() == tmp_path / "first"
    collect(local_aws.client, coalesced().snapshot(), tmp_path)
    assert (tmp_path / "latest").resolve() == tmp_path / "second"


def test_with_nothing_new_and_the_other_run_not_here_latest_is_this_one(local_aws, tmp_path):
    for last_run in (LAST_RUN, None):
        collect(local_aws.client, nothing_new(last_run).snapshot(), tmp_path)
        assert (tmp_path / "latest").resolve() == tmp_path / "second"
