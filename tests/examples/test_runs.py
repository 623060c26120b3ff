"""features.json, run: real jobs on few reviews.

The others are run as well: movielens.json by tests/pipeline, with the defaults that beers.json spells out, and
temporal.json by the notebook.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet
import pytest

from examples.join_movies import join
from taproom.history import state_outputs
from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.examples.movies import generated, movielens_like
from tests.pipeline.deployed import deployed

PROJECT = Path(__file__).resolve().parents[2]
REVIEWS = 2_500

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock(skip_waits=True)) as aws:
        states = {"ScheduleState": "DISABLED", "UploadRuleState": "DISABLED"}
        yield deployed(aws, PROJECT / "template.yaml", **states)


def test_features_of_movies_reach_the_models(pipeline, tmp_path):
    reviews, items = tmp_path / "movies.csv", tmp_path / "items.parquet"
    join(movielens_like(tmp_path / "ml", REVIEWS), reviews)
    pipeline.put("reviews/movies.csv", reviews.read_bytes())
    example = json.loads((PROJECT / "examples" / "features.json").read_text())
    snapshot = pipeline.start(example | {"TrainingEpochs": 1})
    assert snapshot.status == "SUCCEEDED", snapshot.execution
    models = json.loads(snapshot.execution["output"])["Models"]
    assert [one["Model"] for one in models] == ["Retrieval", "Ranking"]
    assert {one["Status"] for one in models} <= {"Registered", "Rejected"}
    folder = state_outputs(snapshot.events)["Prepare"]["Prepare"]["DataPrefix"].removeprefix(f"s3://{pipeline.bucket}/")
    pipeline.aws.client("s3").download_file(pipeline.bucket, f"{folder}items.parquet", str(items))
    told = pyarrow.parquet.read_table(items).to_pydict()
    assert set(told) == {"item", "style", "abv"}
    assert [f"({year:.0f})" for year in told["abv"]] == [item[-6:] for item in told["item"]]
    assert set(told["style"]) <= set(generated(REVIEWS)["style"].to_pylist())
