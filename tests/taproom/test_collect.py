"""Where a run's objects go on this machine."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from taproom.collect import local_name, point_latest


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
