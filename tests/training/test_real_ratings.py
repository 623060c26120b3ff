"""Real ratings, where there are some, with nothing set."""

from __future__ import annotations

import json

import pytest

from tests.training.jobs import PROJECT, Jobs, strict_json

MOVIELENS = PROJECT.parent / "shared" / "data" / "ml-latest-small" / "ratings.csv"

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not MOVIELENS.exists(), reason=f"NOT RUN on real ratings: there is no {MOVIELENS}")
def test_real_ratings_beat_popularity_with_the_defaults(tmp_path):
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "ratings.csv").symlink_to(MOVIELENS)
    columns = json.loads((PROJECT / "examples" / "movielens.json").read_text())["Columns"]
    flags = [part for role, name in columns.items() for part in (f"--{role.lower()}-column", name)]
    jobs = Jobs(tmp_path / "ml", tmp_path / "ml" / "processing" / "output" / "data")
    jobs.preprocess(tmp_path / "reviews", *flags)
    jobs.train()
    jobs.pack()
    evaluation = strict_json(jobs.evaluate("--k", 500))
    quality = evaluation["multiclass_classification_metrics"]
    assert quality["accuracy"]["value"] > quality["accuracy_best_constant_classifier"]["value"] + 0.05
    model, baseline = evaluation["retrieval_metrics"], evaluation["baselines"]["popularity"]
    for name in ("recall_at_10", "recall_at_100", "ndcg_at_10"):
        assert model[name]["lower"] > baseline[name]["upper"], name
