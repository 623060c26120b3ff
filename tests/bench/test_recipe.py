"""The recipe runs as a process on a small set, on the same split, and is measured like any model."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.against_recipe import Vectors, against_recipe, extrapolated
from bench.bare_products import against_products
from bench.datasets import generated
from bench.execution_input import Parameters
from bench.jobs import run_jobs


@pytest.mark.slow
@pytest.mark.long
def test_jobs_and_recipe_side_by_side_on_one_epoch(tmp_path):
    parameters = Parameters({"TrainingEpochs": 1, "ReturnRecommendationsNumber": 100})
    dataset = generated(3000, tmp_path)
    finished = run_jobs(dataset, parameters, tmp_path / "ml")
    compared = against_recipe(dataset, finished, parameters, epochs=1, folder=tmp_path / "recipe")
    json.dumps(compared, allow_nan=False)
    report = json.loads((tmp_path / "recipe" / "recipe.json").read_text())
    assert (report["train"], report["test"]) == (finished.manifest["train"], finished.manifest["test"])
    # its own evaluation, one user at a time, gives what the project's gives of the same vectors, but for equal scores
    assert compared["recipe_accuracy_by_itself"] == pytest.approx(compared["metrics"]["recipe"]["accuracy"], abs=0.01)
    assert compared["ratio"] == pytest.approx(compared["recipe"]["seconds"] / finished.seconds)
    assert compared["quality_row"]["model"] == "tutorial's recipe, 1 of 20 epochs"
    assert compared["extrapolated"]["seconds"] > compared["recipe"]["seconds"]

    bare = against_products(finished, parameters.k, parameters.seed, default_dimension=64)
    assert bare["users"] == finished.evaluation["users"]
    assert 0 < bare["bare_seconds"] < bare["seconds"]


def test_vectors_are_scored_by_their_products_and_unknown_users_as_in_the_tower(tmp_path):
    np.savez(
        tmp_path / "vectors.npz",
        user_names=np.array(["[UNK]", "ann"]),
        user_vectors=np.array([[1, 1], [2, 0]], dtype=np.float32),
        item_names=np.array(["[UNK]", "ale", "bock"]),
        item_vectors=np.array([[9, 9], [1, 0], [0, 3]], dtype=np.float32),
    )
    scorer = Vectors(tmp_path / "vectors.npz")
    assert scorer.items.tolist() == ["ale", "bock"]
    assert scorer.score(["ann", "nobody"]).tolist() == [[2, 0], [1, 3]]


def test_missing_epochs_are_taken_as_long_as_the_shortest():
    assert extrapolated(100.0, [12.0, 5.0], ours=10.0) == {"seconds": 190.0, "ratio": 19.0}
    assert extrapolated(100.0, [5.0] * 20, ours=10.0) is None
