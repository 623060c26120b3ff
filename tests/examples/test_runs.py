"""features.json, run: real jobs on few reviews.

The others are run as well: movielens.json and the defaults, which are those of beers.json, by tests/pipeline, and
temporal.json by the notebook.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from examples.join_movies import join
from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.examples.movies import generated, movielens_like
from tests.pipeline.deployed import deployed

PROJECT = Path(__file__).resolve().parents[2]
REVIEWS = 2_500

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws"), Clock(skip_waits=True)) as aws:
        states = {"ScheduleState": "DISABLED", "UploadRuleState": "DISABLED"}
        yield deployed(aws, PROJECT / "template.yaml", **states)


def run(pipeline, name, reviews):
    """The prefix of what an example made of ``reviews`` in one epoch."""
    key = f"reviews/{name}/reviews.csv"
    pipeline.put(key, reviews.read_bytes())
    example = json.loads((PROJECT / "examples" / f"{name}.json").read_text())
    own = {"InputData": f"s3://{pipeline.bucket}/reviews/{name}/", "TrainingEpochs": 1}
    snapshot = pipeline.start(example | own)
    assert snapshot.status == "SUCCEEDED", snapshot.execution
    output = json.loads(snapshot.execution["output"])
    assert {one["Model"]: one["Status"] for one in output["Models"]}.keys() == {"Retrieval", "Ranking"}
    assert {one["Status"] for one in output["Models"]} <= {"Registered", "Rejected"}
    (prefix,) = [
        one
        for one in prefixes(pipeline)
        if pipeline.document(f"{one}request.json")["Parameters"]["InputData"] == own["InputData"]
    ]
    return prefix


def prefixes(pipeline):
    s3 = pipeline.aws.client("s3")
    listed = s3.list_objects_v2(Bucket=pipeline.bucket, Prefix="runs/", Delimiter="/")
    return [f"s3://{pipeline.bucket}/{one['Prefix']}" for one in listed["CommonPrefixes"]]


def test_features_of_movies_reach_the_models(pipeline, tmp_path):
    reviews = tmp_path / "movies.csv"
    join(movielens_like(tmp_path / "ml", REVIEWS), reviews)
    prefix = run(pipeline, "features", reviews)
    key = prefix.removeprefix(f"s3://{pipeline.bucket}/")
    pipeline.aws.client("s3").download_file(
        pipeline.bucket, f"{key}data/items.parquet", str(tmp_path / "items.parquet")
    )
    items = pyarrow.parquet.read_table(tmp_path / "items.parquet").to_pydict()
    assert set(items) == {"item", "style", "abv"}
    assert [f"({year:.0f})" for year in items["abv"]] == [item[-6:] for item in items["item"]]
    assert set(items["style"]) <= set(generated(REVIEWS)["style"].to_pylist())
