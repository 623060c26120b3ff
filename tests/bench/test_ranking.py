"""Peers of the ranking model: what they predict, and on what they are tuned."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.datasets import generated
from bench.execution_input import Parameters
from bench.ranking import errors, ranking, search
from bench.rating_peers.biased_mf import BiasedMf
from bench.rating_peers.means import GlobalMean, UserAndItemBias
from bench.training_room import set_aside
from tests.training.ratings_at_hand import halves, low_rank, ratings


@pytest.fixture(scope="module")
def split():
    return halves(low_rank(100, 70, 0.5, seed=3), 0.2, seed=4)


def test_errors_by_hand():
    reviews = ratings([(0, 0, 1.0), (0, 1, 5.0)], 1, 2)
    assert errors(lambda users, items: np.array([2.0, 2.0]), reviews) == {"rmse": 5**0.5, "mae": 2.0}


def test_means_know_no_tastes(split):
    train, test = split
    mean, bias = (errors(peer.fit(train, {}, 1), test)["rmse"] for peer in (GlobalMean(), UserAndItemBias()))
    assert mean == pytest.approx(1.02, abs=0.1)  # two biases of 0.4, a factor of 0.8, a noise of 0.3
    assert bias == pytest.approx(0.85, abs=0.1)


def test_biased_matrix_factorisation_finds_the_hidden_factor(split):
    pytest.importorskip("cornac", reason="cornac is only in the environment of `make bench`")
    train, test = split
    setting = {"factors": 20, "regularization": 0.02, "learning rate": 0.01, "epochs": 200}
    assert setting in BiasedMf().settings()
    predict = BiasedMf().fit(train, setting, 1)
    assert errors(predict, test)["rmse"] < 0.6
    nobody = np.array([-1])
    assert predict(nobody, nobody) == pytest.approx([train.scores.mean()], abs=1e-3)
    again = BiasedMf().fit(train, setting, 1)
    assert np.array_equal(predict(test.users, test.items), again(test.users, test.items))


def test_settings_are_tried_without_the_reviews_that_judge_them(split):
    train, _ = split
    seen = []

    class Recording:
        name = "recording"

        def settings(self):
            return [{"off by": 0.5}, {"off by": 0.1}]

        def fit(self, reviews, setting, seed):
            seen.append(len(reviews))
            return lambda users, items: reviews.scores.mean() + setting["off by"] * 10 + np.zeros(len(users))

    trials = search(Recording(), train, 1, lambda text: None)
    kept, aside = set_aside(train, 1)
    assert seen == [len(kept)] * 2
    assert len(kept) + len(aside) == len(train)
    assert trials[0]["rmse"] > trials[1]["rmse"]


@pytest.mark.slow
def test_our_jobs_stand_beside_a_peer_on_the_same_split(tmp_path):
    dataset = generated(3000, tmp_path)
    found = ranking(dataset, Parameters({"TrainingEpochs": 1}), tmp_path / "ml", lambda text: None, (GlobalMean(),))
    ours, peer = found["rows"]
    assert (ours["model"], ours["setting"]) == ("Taproom", "1 epochs")
    evaluation = json.loads((tmp_path / "ml" / "processing" / "output" / "evaluation" / "evaluation.json").read_text())
    assert ours["metrics"]["rmse"] == evaluation["regression_metrics"]["rmse"]["value"]
    # the peer's error is measured by the bench, the same baseline's by the evaluation
    assert peer["metrics"]["rmse"] == pytest.approx(evaluation["baselines"]["global_mean"]["rmse"]["value"])
