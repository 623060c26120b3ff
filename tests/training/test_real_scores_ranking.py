"""Real ratings, where there are some, with nothing set."""

from __future__ import annotations

import json

import pytest

from tests.training.jobs import PROJECT, Jobs, strict_json

MOVIELENS = PROJECT.parent / "shared" / "data" / "ml-latest-small" / "ratings.csv"
TUNED_FACTORISATION = 0.8363  # RMSE of biased matrix factorisation on this very split, by `make bench PARTS=ranking`

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not MOVIELENS.exists(), reason=f"NOT RUN on real ratings: there is no {MOVIELENS}")
def test_real_scores_are_predicted_better_than_by_tuned_factorisation(tmp_path):
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "ratings.csv").symlink_to(MOVIELENS)
    columns = json.loads((PROJECT / "examples" / "movielens.json").read_text())["Columns"]
    flags = [part for role, name in columns.items() for part in (f"--{role.lower()}-column", name)]
    jobs = Jobs(tmp_path / "ml", tmp_path / "ml" / "processing" / "output" / "data")
    jobs.preprocess(tmp_path / "reviews", *flags)
    jobs.run("train_ranking.py")
    jobs.pack()
    jobs.run("bootstrap.py", "evaluate_ranking.py", "--data", jobs.data)
    written = jobs.base / "processing" / "output" / "evaluation" / "evaluation.json"
    evaluation = strict_json(written.read_text())
    assert evaluation["regression_metrics"]["rmse"]["value"] < TUNED_FACTORISATION - 0.01
    assert evaluation["differences"]["bias"]["rmse"]["upper"] < -0.03
    assert evaluation["differences"]["bias"]["mae"]["upper"] < -0.02
